#include "runtime/compress/unit_vectors.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/points/quantize.hpp"
#include "runtime/points/similarity.hpp"

#include <algorithm>
#include <utility>

namespace weft {

int32_t product_of(std::span<const int8_t> a, std::span<const int8_t> b) noexcept {
  WEFT_ASSERT(a.size() == b.size());
  int32_t sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += int32_t{a[i]} * b[i];
  return sum;
}

vector_intake::vector_intake(const document& source, std::string_view query) : source_(source), query_(query) {}

size_t vector_intake::round_size() const noexcept {
  const size_t wanted = source_.units.size() + (query_.empty() ? 0 : 1);
  return std::min<size_t>(wanted - taken_, vectors_round_max);
}

std::optional<vectors_needed> vector_intake::next() const {
  const size_t size = round_size();
  if (size == 0)
    return std::nullopt;
  vectors_needed out;
  out.texts.reserve(size);
  out.texts_all = source_.units.size() + (query_.empty() ? 0 : 1);
  for (size_t i = taken_; i < taken_ + size; ++i)
    out.texts.emplace_back(i < source_.units.size() ? source_.of(static_cast<uint32_t>(i)) : query_);
  return out;
}

status vector_intake::take(const std::vector<std::vector<float>>& vectors) {
  if (vectors.size() != round_size() || vectors.empty())
    return failure{errc::internal, "as many vectors should have come as texts were given"};
  const auto dimensions = taken_ == 0 ? vectors.front().size() : out_.dimensions;
  if (dimensions == 0 || dimensions > point_dimensions_max)
    return failure{errc::internal, "vectors have 1 to 4096 dimensions"};
  std::vector<float> rows;
  rows.reserve(vectors.size() * dimensions);
  for (const auto& vector : vectors) {
    if (vector.size() != dimensions)
      return failure{errc::internal, "vectors should all have the same dimensions"};
    rows.insert(rows.end(), vector.begin(), vector.end());
  }
  // The first round's scale holds for all: a value of a later one beyond it is clamped, which hardly moves a vector.
  if (taken_ == 0) {
    out_.dimensions = static_cast<uint32_t>(dimensions);
    out_.scale = scale_of(rows);
    out_.values.reserve(source_.units.size() * dimensions);
  }
  auto points = quantize_points(rows, out_.dimensions, out_.scale).values;
  taken_ += vectors.size();
  if (taken_ > source_.units.size()) {
    out_.query.assign(points.end() - out_.dimensions, points.end());
    points.resize(points.size() - out_.dimensions);
  }
  if (out_.values.empty())
    out_.values = std::move(points);
  else
    out_.values.insert(out_.values.end(), points.begin(), points.end());
  return ok;
}

} // namespace weft
