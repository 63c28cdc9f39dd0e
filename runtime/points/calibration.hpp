#pragma once

#include "runtime/base/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// Where the middle of a model's vectors is. Real embeddings lie to one side of zero in many dimensions, where their
/// sign says nothing; the side of the mean does. Applied to documents and queries alike, before encode(…, binary).
struct calibration {
  std::vector<float> mean; ///< [dimensions]

  bool operator==(const calibration&) const = default;

  /// values - mean. REQUIRES: as many values as dimensions.
  std::vector<float> centered(std::span<const float> values) const;
};

/// sample: [rows, dimensions], some hundred rows like those to come. The mean is summed in double in the order of the
/// rows. REQUIRES: dimensions > 0, at least one row.
calibration learn_calibration(std::span<const float> sample, uint32_t dimensions);

/// Little-endian, with a version.
std::string serialize(const calibration& learnt);
/// errc::state_damaged: cut, damaged, or of a release that this one does not understand.
result<calibration> parse_calibration(std::string_view bytes);

} // namespace weft
