#include "runtime/cache/frequency_sketch.hpp"

#include <algorithm>
#include <bit>

namespace weft {
namespace {

constexpr uint64_t block_words = 8;
constexpr uint64_t low_bits_of_counters = 0x7777'7777'7777'7777ULL;

/// Spreads the bits once more: keys are hashes, but placement has used some of their bits already.
uint64_t mix(uint64_t x) noexcept {
  x = (x ^ (x >> 33)) * 0xFF51'AFD7'ED55'8CCDULL;
  x = (x ^ (x >> 33)) * 0xC4CE'B9FE'1A85'EC53ULL;
  return x ^ (x >> 33);
}

/// Where counter `i` of a key lies: two words of the block for each of the four, sixteen counters in a word.
struct place {
  uint64_t word;
  uint32_t shift;
};

place place_of(uint64_t mixed, uint64_t words, uint32_t i) noexcept {
  const uint64_t block = (mixed & (words / block_words - 1)) * block_words;
  const uint64_t bits = mixed >> (32 + 8 * i); // five bits of each byte of the upper half
  return {block + 2 * i + (bits & 1), static_cast<uint32_t>((bits >> 1) & 15) * 4};
}

} // namespace

void frequency_sketch::ensure_capacity(uint64_t entries) {
  capacity_ = std::max({capacity_, entries, uint64_t{1}});
  const uint64_t wanted = std::bit_ceil(std::max(2 * capacity_, block_words));
  // Blocks are chosen by low bits: with twice the blocks a key's counters are in either half, so both get a copy.
  while (words_.size() < wanted) {
    if (words_.empty())
      words_.assign(wanted, 0);
    else
      words_.insert(words_.end(), words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(words_.size()));
  }
}

void frequency_sketch::count(uint64_t hash) noexcept {
  const uint64_t mixed = mix(hash);
  // Only the lowest rise: the others are higher because of other keys, whose counts this key would spoil.
  const uint32_t least = estimate_of(mixed);
  for (uint32_t i = 0; i < 4 && least < count_max; ++i) {
    const auto at = place_of(mixed, words_.size(), i);
    if (((words_[at.word] >> at.shift) & count_max) == least)
      words_[at.word] += uint64_t{1} << at.shift;
  }
  if (++counted_ >= ages_after * capacity_)
    halve();
}

uint32_t frequency_sketch::estimate(uint64_t hash) const noexcept {
  return estimate_of(mix(hash));
}

uint32_t frequency_sketch::estimate_of(uint64_t mixed) const noexcept {
  uint32_t least = count_max;
  for (uint32_t i = 0; i < 4; ++i) {
    const auto at = place_of(mixed, words_.size(), i);
    least = std::min(least, static_cast<uint32_t>((words_[at.word] >> at.shift) & count_max));
  }
  return least;
}

void frequency_sketch::halve() noexcept {
  for (auto& word : words_)
    word = (word >> 1) & low_bits_of_counters;
  counted_ = 0;
  ++halvings_;
}

} // namespace weft
