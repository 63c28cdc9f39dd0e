#pragma once

#include "tools/weft/text_source.hpp"

#include <span>
#include <string>
#include <vector>

namespace weft::cli {

/// dot(a, b) / (|a|·|b|); 0 where a vector is all zero, or the lengths differ.
float cosine(std::span<const float> a, std::span<const float> b);

struct ranked {
  float score = 0;
  text_place place{};
  std::string text{};
  uint64_t order = 0; ///< of being offered
};

/// Keeps the best few of any number of texts; of equal ones those that came first. Not thread-safe.
/// REQUIRES: keep > 0.
class ranking {
public:
  explicit ranking(size_t keep);
  void offer(float score, const text_place& place, const std::string& text);
  /// Best first.
  std::vector<ranked> best() const;

private:
  size_t keep_;
  uint64_t offered_ = 0;
  std::vector<ranked> heap_; ///< the worst in front
};

} // namespace weft::cli
