#pragma once

#include "runtime/cache/cache_space.hpp"

#include <utility>

namespace weft {

/// Decoded results of keys that other nodes own: an L1 with nothing below it. Short-lived, so that a cleared generation
/// is forgotten even where the news is late. Owned by whoever asks remote owners; not thread-safe.
class near_cache {
public:
  struct options {
    uint64_t bytes_max = 32ULL << 20;
    duration lifetime = std::chrono::minutes{10};
    policy_kind policy = policy_kind::tiny_lfu;
    uint32_t sweep_entries = 2'048;
  };
  explicit near_cache(const options& with)
      : options_(with), space_({.policy = with.policy,
                                .l1_bytes_max = with.bytes_max,
                                .l2_bytes_max = 0,
                                .lifetime = with.lifetime,
                                .store = store_mode::never}) {}

  /// Compares the whole identity. Outdated generations are never served.
  std::optional<cached_value> get(const identity& what, const cache_key& key, time_point now) {
    if (what.kind->parts().generation < generation_)
      return std::nullopt;
    auto hit = space_.get(what, key, now);
    return hit ? std::optional{std::move(hit->value)} : std::nullopt;
  }
  void put(const identity& what, const cache_key& key, cached_value value, time_point now) {
    if (what.kind->parts().generation >= generation_)
      space_.put(key, {.what = what, .value = std::move(value), .expires = now + options_.lifetime});
  }
  void clear(uint64_t generation) {
    if (generation <= generation_)
      return;
    generation_ = generation;
    space_.clear();
  }
  void tick(time_point now) { space_.sweep(options_.sweep_entries, generation_, now); }

  /// All in level l1.
  cache_counters counters() const { return space_.counters(); }

private:
  options options_;
  cache_space space_;
  uint64_t generation_ = 0;
};

} // namespace weft
