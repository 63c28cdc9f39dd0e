#pragma once

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

namespace weft::cuda {

/// Sequences first … last - 1 of a batch: what a device computes in one go.
struct batch_part {
  uint32_t first = 0;
  uint32_t last = 0;

  uint32_t sequences() const noexcept { return last - first; }
};

/// The next part from sequence `first` on: as many whole sequences as have at most `tokens_max` tokens together, one at
/// least. offsets: [sequences + 1]. REQUIRES: first is a sequence.
inline batch_part next_part(std::span<const uint32_t> offsets, uint32_t first, uint32_t tokens_max) {
  WEFT_ASSERT(first + 1 < offsets.size());
  batch_part out{first, first + 1};
  while (out.last + 1 < offsets.size() && offsets[out.last + 1] - offsets[first] <= tokens_max)
    ++out.last;
  return out;
}

/// How many tokens a part may have. Halved where memory ran out, since a smaller part may fit; doubled again after a
/// while without trouble: whoever took the memory may have gone.
class part_limit {
public:
  static constexpr uint32_t parts_calm = 64; ///< parts without trouble before it is doubled

  /// REQUIRES: tokens_max > 0.
  explicit part_limit(uint32_t tokens_max) : max_(tokens_max) { WEFT_ASSERT(tokens_max > 0); }

  uint32_t tokens() const noexcept { return tokens_; }

  /// To a half; 1 stays 1, and a part then has one sequence, however long.
  void shrink() {
    calm_ = 0;
    tokens_ = std::max(1u, tokens_ / 2);
  }

  void part_done() {
    if (tokens_ == max_ || ++calm_ < parts_calm)
      return;
    calm_ = 0;
    tokens_ = static_cast<uint32_t>(std::min<uint64_t>(max_, uint64_t{tokens_} * 2));
  }

private:
  uint32_t max_;
  uint32_t tokens_ = max_;
  uint32_t calm_ = 0;
};

} // namespace weft::cuda
