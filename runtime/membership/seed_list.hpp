#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/random_source.hpp"
#include "runtime/base/time.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// The addresses to join through (seeds and remembered peers), and when to try which. An address is settled while the
/// node that answered there is live; otherwise it is tried again, ever less often. Not thread-safe.
class seed_list {
public:
  static constexpr std::chrono::milliseconds wait_min{500};
  static constexpr std::chrono::milliseconds wait_max{10'000};

  /// Takes new addresses, without `own`, as long as there is room for them.
  void add(const std::vector<std::string>& addresses, std::string_view own, size_t addresses_max, time_point now);

  /// Who answered from there.
  void settled(std::string_view address, node_id node);

  /// Every address was tried at least so often since somebody answered there last.
  bool silent(uint32_t tries) const;

  /// Up to `most` due addresses in random order. `is_live(node)` tells which are settled.
  template <class IsLive>
  std::vector<std::string> take_due(size_t most, IsLive is_live, random_source& random, time_point now) {
    std::vector<std::string> due;
    for (size_t i = entries_.size(); i > 1; --i)
      std::swap(entries_[i - 1], entries_[random.below(static_cast<uint32_t>(i))]);
    for (auto& item : entries_) {
      if (due.size() == most)
        break;
      if (item.next > now)
        continue;
      if (item.node != node_id{} && is_live(item.node)) {
        item.next = now + wait_max; // looked at again then: it may have died
        continue;
      }
      item.next = now + item.wait + random.within(item.wait / 2);
      item.wait = std::min(item.wait * 2, wait_max);
      ++item.tries;
      due.push_back(item.address);
    }
    return due;
  }

  time_point next() const;
  bool empty() const noexcept { return entries_.empty(); }
  size_t size() const noexcept { return entries_.size(); }

private:
  struct entry {
    std::string address;
    node_id node{}; ///< who answered last
    time_point next{};
    std::chrono::milliseconds wait = wait_min;
    uint32_t tries = 0; ///< in vain
  };

  std::vector<entry> entries_;
};

} // namespace weft
