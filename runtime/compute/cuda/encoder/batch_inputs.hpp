#pragma once

#include "runtime/base/assert.hpp"
#include "runtime/compute/cuda/encoder/kernel_arguments.hpp"
#include "runtime/compute/cuda/engine/device_layer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace weft::cuda {

/// Where the inputs of a part lie in one piece of memory, so that one copy brings them to the device. All words of 32
/// bits: the ids, their positions, the offsets, the normalize flags, how many sequences there are. Its size depends on
/// the bucket only, so a graph that was captured for a bucket reads any batch of it.
class batch_inputs {
public:
  explicit constexpr batch_inputs(uint32_t bucket_tokens) : tokens_(bucket_tokens) {}

  constexpr size_t words() const noexcept { return 4 * static_cast<size_t>(tokens_) + 2; }
  constexpr size_t bytes() const noexcept { return words() * sizeof(uint32_t); }

  /// A part as it is copied. Tokens beyond it are [PAD] at position 0: computed with the others, read by none.
  /// REQUIRES: the part has at most the bucket's tokens; out.size() >= words().
  void write(const part_view& part, std::span<uint32_t> out) const {
    WEFT_ASSERT(part.tokens() <= tokens_);
    WEFT_ASSERT(out.size() >= words());
    std::fill_n(out.begin(), 2 * static_cast<size_t>(tokens_), 0);
    const uint32_t begin = part.offsets.front();
    for (uint32_t s = 0; s < part.sequences(); ++s) {
      const uint32_t from = part.offsets[s] - begin, to = part.offsets[s + 1] - begin;
      for (uint32_t t = from; t < to; ++t) {
        out[t] = static_cast<uint32_t>(part.ids[t]);
        out[tokens_ + t] = t - from;
      }
      out[offsets_at() + s] = from;
      out[normalize_at() + s] = part.normalize[s];
    }
    out[offsets_at() + part.sequences()] = part.tokens();
    out[count_at()] = part.sequences();
  }

  // The parts of memory that begins at `base`.
  const int32_t* ids(const std::byte* base) const noexcept { return reinterpret_cast<const int32_t*>(base); }
  const uint32_t* positions(const std::byte* base) const noexcept { return word(base, tokens_); }
  sequence_list sequences(const std::byte* base) const noexcept {
    return {word(base, count_at()), word(base, offsets_at()), word(base, normalize_at())};
  }

private:
  constexpr size_t offsets_at() const noexcept { return 2 * static_cast<size_t>(tokens_); }
  constexpr size_t normalize_at() const noexcept { return 3 * static_cast<size_t>(tokens_) + 1; }
  constexpr size_t count_at() const noexcept { return 4 * static_cast<size_t>(tokens_) + 1; }
  static const uint32_t* word(const std::byte* base, size_t at) noexcept {
    return reinterpret_cast<const uint32_t*>(base) + at;
  }

  uint32_t tokens_;
};

} // namespace weft::cuda
