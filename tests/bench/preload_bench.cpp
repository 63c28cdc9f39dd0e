// What preloading brings after a restart: hits with and without it at equal bytes, and the share of preloaded entries
// that are asked for before they leave. Usage: preload_bench [REQUESTS] [OBJECTS] [--json FILE] (1000000 and 200000).
// A shard's real core (cache_shard_core) with a store that has everything: REQUESTS requests by Zipf's law (0.99) warm
// it, its hottest keys are kept as the node keeps them, an empty core preloads them and answers REQUESTS more. Hits are
// those in memory; a miss is read from the store. "moved": while it was down, a tenth of the objects changed places.
#include "runtime/cache/cache_shard_core.hpp"
#include "tests/runtime/cache/cache_world.hpp"
#include "tests/runtime/cache/traces.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unordered_map>

namespace {

using namespace weft;
using namespace weft::test;

/// Every object's entry, as the store has it, and what asks for it.
class world {
public:
  explicit world(uint64_t objects) {
    entry_packer packer;
    for (uint64_t i = 0; i < objects; ++i) {
      const auto named = what("object " + std::to_string(i), kind_);
      keys_.push_back(key_of(named));
      at_.emplace(keys_.back(), i);
      entries_.push_back({keys_.back(), kind_->bytes(), packer.pack(named.text, vector_value(static_cast<float>(i))), 0,
                          std::nullopt});
    }
  }

  /// Answers one request; true: from memory.
  bool ask(cache_shard_core& core, uint64_t object, time_point now) {
    const auto named = what("object " + std::to_string(object), kind_);
    const auto answer = core.get(named, keys_[object], now);
    if (std::holds_alternative<cache_hit>(answer))
      return true;
    core.resume(named, keys_[object], entries_[object], now);
    return false;
  }
  const stored_entry& entry_of(const cache_key& key) const { return entries_[at_.at(key)]; }

private:
  result_kind_ptr kind_ = embed_kind();
  std::vector<cache_key> keys_;
  std::vector<stored_entry> entries_;
  std::unordered_map<cache_key, uint64_t, cache_key_hash> at_;
};

cache_shard_core new_core(uint64_t bytes) {
  return cache_shard_core{one_space({.l1_bytes_max = bytes / 2, .l2_bytes_max = bytes / 2})};
}

/// Bytes that memory takes for all objects, so that sizes can be said in percent.
uint64_t bytes_of_all(world& all, uint64_t objects) {
  auto core = cache_shard_core{one_space({.l1_bytes_max = 1ULL << 40, .l2_bytes_max = 0})};
  for (uint64_t i = 0; i < objects; ++i)
    all.ask(core, i, cache_start);
  return core.counters()[cache_level::l1].bytes;
}

void measure(world& all, uint64_t bytes, double percent, const char* name, const trace& before, const trace& after,
             std::FILE* json) {
  auto warm = new_core(bytes);
  for (const auto& r : before)
    all.ask(warm, r.object, cache_start);
  const double share = cache_shard_options{}.preload_share_max;
  const auto hot = warm.hottest(SIZE_MAX, static_cast<uint64_t>(share * static_cast<double>(bytes / 2)));
  auto empty = new_core(bytes), preloaded = new_core(bytes);
  for (const auto& one : hot)
    preloaded.preload(all.entry_of(one.key), one.uses, true, cache_start);
  const uint64_t start = std::max<uint64_t>(preloaded.counters().preloaded, 1);
  uint64_t with = 0, without = 0, with_at_start = 0, without_at_start = 0, at = 0;
  for (const auto& r : after) {
    with += all.ask(preloaded, r.object, cache_start);
    without += all.ask(empty, r.object, cache_start);
    if (++at == start)
      with_at_start = with, without_at_start = without;
  }
  const auto counted = preloaded.counters();
  const auto percent_of = [](uint64_t part, uint64_t whole) {
    return 100 * static_cast<double>(part) / static_cast<double>(whole);
  };
  const double used = percent_of(counted.preloaded_used, start);
  std::printf("%-7s cache %4.1f %%  preloaded %6llu, used before they left %5.1f %%  hits in as many requests %5.1f %% "
              "(without %5.1f %%), in all %5.1f %% (without %5.1f %%)\n",
              name, percent, static_cast<unsigned long long>(counted.preloaded), used, percent_of(with_at_start, start),
              percent_of(without_at_start, start), percent_of(with, after.size()), percent_of(without, after.size()));
  if (json != nullptr)
    std::fprintf(json,
                 "{\"trace\":\"%s\",\"cache_percent\":%g,\"preloaded\":%llu,\"used_percent\":%.2f,"
                 "\"hit_percent_at_start\":%.2f,\"without_at_start\":%.2f,\"hit_percent\":%.2f,\"without\":%.2f}\n",
                 name, percent, static_cast<unsigned long long>(counted.preloaded), used,
                 percent_of(with_at_start, start), percent_of(without_at_start, start), percent_of(with, after.size()),
                 percent_of(without, after.size()));
}

} // namespace

int main(int count, char** arguments) {
  trace_options with{.objects = 200'000, .requests = 1'000'000};
  std::FILE* json = nullptr;
  int numbers = 0;
  for (int i = 1; i < count; ++i)
    if (std::strcmp(arguments[i], "--json") == 0 && i + 1 < count)
      json = std::fopen(arguments[++i], "w");
    else
      (numbers++ == 0 ? with.requests : with.objects) = std::strtoull(arguments[i], nullptr, 10);
  if (with.requests == 0 || with.objects == 0) {
    std::fprintf(stderr, "usage: preload_bench [REQUESTS] [OBJECTS] [--json FILE]\n");
    return 2;
  }
  world all(with.objects);
  const auto before = zipf_trace(with);
  with.seed = 2;
  const auto after = zipf_trace(with);
  auto moved = after;
  for (auto& r : moved) // every tenth rank is another object's now
    if (r.object % 10 == 0)
      r.object = (r.object + with.objects / 20 * 10) % with.objects;
  const uint64_t bytes = bytes_of_all(all, with.objects);
  for (const double percent : {1.0, 10.0}) {
    const auto budget = static_cast<uint64_t>(static_cast<double>(bytes) * percent / 100);
    measure(all, budget, percent, "steady", before, after, json);
    measure(all, budget, percent, "moved", before, moved, json);
  }
}
