#pragma once

#include "runtime/compress/unit_vectors.hpp"
#include "runtime/ports/engine.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace weft {

/// Of texts with more units so many, evenly spaced, are looked at: the mean over them is within 0.01 of that over all,
/// nearly always (cosines spread by 0.2 or less), and the work stays linear in the text.
inline constexpr uint32_t coverage_sample_max = 2'048;
/// Kept units that are compared at a time: 16 MiB of products at most.
inline constexpr uint32_t coverage_columns_max = 2'048;

/// Measures for several extracts of one text at once: the mean over the source's units of the best cosine to a kept
/// one, where a cosine below 0 counts as 0.
///
///   while (auto work = meter.next()) meter.take(output of an engine);
class coverage_meter {
public:
  /// kept: of each extract, ascending; copied. vectors stay.
  coverage_meter(const unit_vectors& vectors, std::vector<std::vector<uint32_t>> kept);

  /// similarity_work; nothing: the scores are there.
  std::optional<engine_work> next() const;
  /// The answer to what next() gave last. errc::internal: of the wrong kind or size.
  status take(const engine_output& output);

  /// REQUIRES: next() gave nothing.
  double coverage(size_t extract) const;

private:
  size_t columns_left() const noexcept;

  const unit_vectors& vectors_;
  std::vector<uint32_t> sample_;           ///< units
  std::vector<uint32_t> columns_;          ///< units that some extract keeps, ascending
  std::vector<std::vector<uint8_t>> has_;  ///< [extracts][columns]
  std::vector<std::vector<int32_t>> best_; ///< [extracts][sample]
  size_t done_ = 0;                        ///< of columns_
};

/// Cosine of the mean of all units' vectors, weighted by tokens, to that of the kept ones; at least 0. Sums are exact.
/// tokens: [units].
double fidelity_of(const unit_vectors& vectors, std::span<const uint32_t> tokens, std::span<const uint32_t> kept);

} // namespace weft
