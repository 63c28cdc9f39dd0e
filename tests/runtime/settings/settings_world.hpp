#pragma once

#include "runtime/settings/settings_exchange.hpp"
#include "runtime/settings/settings_map.hpp"

#include <random>
#include <string>
#include <vector>

namespace weft::test {

inline constexpr wall_time noon{std::chrono::milliseconds{1'800'000'000'000}};

inline settings_entry entry(std::string key, std::string value, uint64_t number, uint64_t writer = 1,
                            bool removed = false) {
  return {std::move(key), std::move(value), number, node_id{writer}, removed, noon};
}

inline std::vector<settings_entry> all_entries(const settings_map& map) {
  std::vector<settings_entry> out;
  for (const auto& [key, slot] : map.slots())
    out.push_back(slot.entry);
  return out;
}

/// Entries of few keys, versions and writers, so that they collide in every way.
inline std::vector<settings_entry> random_entries(std::mt19937_64& random, size_t count) {
  std::vector<settings_entry> out;
  for (size_t i = 0; i < count; ++i) {
    const bool removed = random() % 4 == 0;
    auto made = entry("k" + std::to_string(random() % 12), removed ? "" : "v" + std::to_string(random() % 3),
                      1 + random() % 4, 1 + random() % 3, removed);
    made.changed += std::chrono::milliseconds{random() % 2};
    out.push_back(made);
  }
  return out;
}

struct exchange_cost {
  size_t messages = 0;
  size_t entries = 0;
};

/// One push-pull that `from` starts with `to`. `bytes_max` is each message's budget.
inline exchange_cost push_pull(settings_map& from, settings_map& to, size_t bytes_max = 1 << 20) {
  exchange_cost cost{1, 0};
  if (summary_of(from) == summary_of(to))
    return cost;
  std::string after;
  for (bool more = true; more;) {
    const auto digest = digest_of(from, after, bytes_max);
    const auto delta = compare(to, digest, bytes_max);
    from.merge(delta.entries);
    const auto pushed = entries_of(from, delta.wanted, bytes_max);
    to.merge(pushed);
    cost.messages += 3;
    cost.entries += delta.entries.size() + pushed.size();
    more = next_range(digest, delta, after);
  }
  return cost;
}

} // namespace weft::test
