#pragma once

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace weft::cuda {

inline constexpr uint32_t bucket_tokens_min = 64;

/// Sizes that batches are padded to, ascending: 64, 96, 128, 192, 256, 384 … and `tokens_max` itself. Each has its own
/// matrix plans and graphs; at most a third of a batch is padding, on average an eighth. REQUIRES: tokens_max >= 64.
inline std::vector<uint32_t> make_token_buckets(uint32_t tokens_max) {
  WEFT_ASSERT(tokens_max >= bucket_tokens_min);
  std::vector<uint32_t> out;
  for (uint64_t size = bucket_tokens_min; size < tokens_max; size *= 2) {
    out.push_back(static_cast<uint32_t>(size));
    if (size + size / 2 < tokens_max)
      out.push_back(static_cast<uint32_t>(size + size / 2));
  }
  out.push_back(tokens_max);
  return out;
}

/// The smallest bucket that holds `tokens`. REQUIRES: tokens <= buckets.back().
inline uint32_t pick_bucket(const std::vector<uint32_t>& buckets, uint32_t tokens) {
  const auto found = std::lower_bound(buckets.begin(), buckets.end(), tokens);
  WEFT_ASSERT(found != buckets.end());
  return *found;
}

/// Lengths that attention's shared memory is laid out for: the shorter, the more blocks a multiprocessor holds.
inline uint32_t pick_length(uint32_t longest, uint32_t length_max) {
  for (const uint32_t size : {64u, 128u, 256u})
    if (longest <= size && size <= length_max)
      return size;
  return length_max;
}

} // namespace weft::cuda
