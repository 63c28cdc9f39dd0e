#pragma once

#include <cstdint>
#include <vector>

namespace weft {

/// How often a key was asked for lately: a count-min sketch with four 4-bit counters a key, of which a request raises
/// the lowest (conservative update). All counters are halved after ages_after × capacity counted requests, whether or
/// not a counter rose, so that it never stops ageing. The four counters of a key lie in one block of 64 bytes: one
/// cache miss an access. Source: Einziger, Friedman, Manes, "TinyLFU" (2017), with the ageing of its "reset" operation.
/// Not thread-safe. Memory: 16 bytes per entry of capacity, rounded up to a power of two.
class frequency_sketch {
public:
  /// Counts at most this much of a key.
  static constexpr uint32_t count_max = 15;
  /// Slow ageing is the trap when the hot set moves (ANCHORS §5): 10 × capacity is what was measured to follow.
  static constexpr uint64_t ages_after = 10;

  explicit frequency_sketch(uint64_t capacity = 0) { ensure_capacity(capacity); }

  /// Grows to a cache of so many entries; never shrinks. What was counted stays.
  void ensure_capacity(uint64_t entries);

  /// Counts one request for the key with this hash.
  void count(uint64_t hash) noexcept;

  /// How often it was counted lately, 0 … count_max; too high for a few keys, too low for none.
  uint32_t estimate(uint64_t hash) const noexcept;

  /// Halves all counters now: what was popular has become less so.
  void halve() noexcept;

  uint64_t halvings() const noexcept { return halvings_; }
  uint64_t bytes() const noexcept { return words_.size() * sizeof(uint64_t); }

private:
  uint32_t estimate_of(uint64_t mixed) const noexcept;

  std::vector<uint64_t> words_; ///< a power of two, at least one block of 8
  uint64_t capacity_ = 0;
  uint64_t counted_ = 0;
  uint64_t halvings_ = 0;
};

} // namespace weft
