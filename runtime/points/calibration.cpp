#include "runtime/points/calibration.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/points/encoding.hpp"

namespace weft {

namespace {

/// What a calibration begins with; its last character is the version.
constexpr std::string_view mark = "weftcal1";

} // namespace

std::vector<float> calibration::centered(std::span<const float> values) const {
  WEFT_ASSERT(values.size() == mean.size());
  std::vector<float> moved(values.begin(), values.end());
  for (size_t d = 0; d < moved.size(); ++d)
    moved[d] -= mean[d];
  return moved;
}

calibration learn_calibration(std::span<const float> sample, uint32_t dimensions) {
  WEFT_ASSERT(dimensions > 0);
  WEFT_ASSERT(!sample.empty());
  WEFT_ASSERT(sample.size() % dimensions == 0);
  std::vector<double> sums(dimensions);
  for (size_t i = 0; i < sample.size(); ++i)
    sums[i % dimensions] += sample[i];
  const auto rows = static_cast<double>(sample.size() / dimensions);
  calibration learnt;
  for (const double sum : sums)
    learnt.mean.push_back(static_cast<float>(sum / rows));
  return learnt;
}

std::string serialize(const calibration& learnt) {
  return std::string(mark) + encode(learnt.mean, vector_encoding::float32).bytes;
}

result<calibration> parse_calibration(std::string_view bytes) {
  if (!bytes.starts_with(mark))
    return failure{errc::state_damaged, "no calibration that this release reads"};
  bytes.remove_prefix(mark.size());
  if (bytes.empty() || bytes.size() % sizeof(float) != 0)
    return failure{errc::state_damaged, "a calibration is cut"};
  const auto dimensions = static_cast<uint32_t>(bytes.size() / sizeof(float));
  calibration learnt{decode({vector_encoding::float32, dimensions, 1, std::string(bytes)})};
  for (const float x : learnt.mean)
    if (!(x - x == 0))
      return failure{errc::state_damaged, "a calibration has values that are no numbers"};
  return learnt;
}

} // namespace weft
