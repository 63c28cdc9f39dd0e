#include "runtime/points/encoding.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/half.hpp"
#include "runtime/points/round_to_int8.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace weft {

namespace {

/// The lowest byte first, whatever the machine's order.
template <class Bits> void append(std::string& bytes, Bits value) {
  for (size_t i = 0; i < sizeof value; ++i)
    bytes.push_back(static_cast<char>(value >> 8 * i & 0xFF));
}

template <class Bits> Bits read(const std::string& bytes, size_t index) {
  Bits value = 0;
  for (size_t i = 0; i < sizeof value; ++i)
    value = static_cast<Bits>(value | Bits{static_cast<uint8_t>(bytes[index * sizeof value + i])} << 8 * i);
  return value;
}

/// Largest finite magnitude / 127; 1 where nothing but zeros would be left.
float int8_scale(std::span<const float> values) {
  float largest = 0;
  for (const float x : values)
    if (std::isfinite(x))
      largest = std::max(largest, std::fabs(x));
  const float scale = largest / 127;
  return scale > 0 ? scale : 1;
}

bool bit_of(const packed_vector& vector, size_t d) {
  return static_cast<uint8_t>(vector.bytes[d / 8]) >> d % 8 & 1;
}

/// Calls `use` with a function that says what a dimension is worth, without scale: one loop for each encoding.
template <class Use> auto with_values(const packed_vector& vector, Use use) {
  const std::string& bytes = vector.bytes;
  switch (vector.encoding) {
  case vector_encoding::float32:
    return use([&](size_t d) -> double { return std::bit_cast<float>(read<uint32_t>(bytes, d)); });
  case vector_encoding::float16:
    return use([&](size_t d) -> double { return from_half(read<uint16_t>(bytes, d)); });
  case vector_encoding::int8:
    return use([&](size_t d) -> double { return static_cast<int8_t>(bytes[d]); });
  case vector_encoding::binary:
    break;
  }
  return use([&](size_t d) -> double { return bit_of(vector, d) ? 1 : -1; });
}

/// What all values of a vector are multiplied by.
double unit_of(const packed_vector& vector) {
  if (vector.encoding == vector_encoding::binary)
    return 1 / std::sqrt(static_cast<double>(std::max(1U, vector.dimensions)));
  return vector.encoding == vector_encoding::int8 ? vector.scale : 1;
}

int64_t int8_product(const std::string& a, const std::string& b) {
  int64_t sum = 0;
  for (size_t d = 0; d < a.size(); ++d)
    sum += static_cast<int8_t>(a[d]) * static_cast<int8_t>(b[d]);
  return sum;
}

} // namespace

packed_vector encode(std::span<const float> values, vector_encoding encoding) {
  packed_vector out{encoding, static_cast<uint32_t>(values.size()), 1, {}};
  out.bytes.reserve(packed_bytes(encoding, values.size()));
  switch (encoding) {
  case vector_encoding::float32:
    for (const float x : values)
      append(out.bytes, std::bit_cast<uint32_t>(x));
    break;
  case vector_encoding::float16:
    for (const float x : values)
      append(out.bytes, to_half(x));
    break;
  case vector_encoding::int8:
    out.scale = int8_scale(values);
    for (const float x : values)
      out.bytes.push_back(static_cast<char>(round_to_int8(double{x} / out.scale)));
    break;
  case vector_encoding::binary:
    out.bytes.assign(packed_bytes(encoding, values.size()), '\0');
    for (size_t d = 0; d < values.size(); ++d)
      if (values[d] > 0)
        out.bytes[d / 8] = static_cast<char>(static_cast<uint8_t>(out.bytes[d / 8]) | 1U << d % 8);
    break;
  }
  return out;
}

status check(const packed_vector& vector) {
  if (vector.bytes.size() != packed_bytes(vector.encoding, vector.dimensions))
    return failure{errc::internal, "malformed vector: " + std::to_string(vector.bytes.size()) + " bytes of " +
                                       std::string(to_string(vector.encoding)) + " for " +
                                       std::to_string(vector.dimensions) + " dimensions"};
  return ok;
}

std::vector<float> decode(const packed_vector& vector) {
  WEFT_ASSERT(check(vector));
  const double unit = unit_of(vector);
  std::vector<float> values(vector.dimensions);
  with_values(vector, [&](auto value) {
    for (size_t d = 0; d < values.size(); ++d)
      values[d] = static_cast<float>(value(d) * unit);
  });
  return values;
}

double score(std::span<const float> query, const packed_vector& vector) {
  WEFT_ASSERT(query.size() == vector.dimensions);
  WEFT_ASSERT(check(vector));
  const double sum = with_values(vector, [&](auto value) {
    double total = 0; // products of floats are exact in double, so that only the order of the additions counts
    for (size_t d = 0; d < query.size(); ++d)
      total += query[d] * value(d);
    return total;
  });
  return sum * unit_of(vector);
}

double score(const packed_vector& a, const packed_vector& b) {
  WEFT_ASSERT(a.encoding == b.encoding);
  WEFT_ASSERT(a.dimensions == b.dimensions);
  if (a.encoding == vector_encoding::binary)
    return 1 - 2.0 * hamming_distance(a, b) / std::max(1U, a.dimensions);
  WEFT_ASSERT(check(a));
  WEFT_ASSERT(check(b));
  if (a.encoding == vector_encoding::int8)
    return static_cast<double>(int8_product(a.bytes, b.bytes)) * unit_of(a) * unit_of(b);
  return with_values(a, [&](auto left) {
    return with_values(b, [&](auto right) {
      double sum = 0;
      for (size_t d = 0; d < a.dimensions; ++d)
        sum += left(d) * right(d);
      return sum;
    });
  });
}

uint32_t hamming_distance(const packed_vector& a, const packed_vector& b) {
  WEFT_ASSERT(a.encoding == vector_encoding::binary);
  WEFT_ASSERT(b.encoding == vector_encoding::binary);
  WEFT_ASSERT(a.dimensions == b.dimensions);
  WEFT_ASSERT(check(a));
  WEFT_ASSERT(check(b));
  uint32_t distance = 0;
  for (size_t i = 0; i < a.bytes.size(); i += sizeof(uint64_t)) {
    uint64_t x = 0, y = 0;
    const size_t size = std::min(sizeof(uint64_t), a.bytes.size() - i);
    std::memcpy(&x, a.bytes.data() + i, size);
    std::memcpy(&y, b.bytes.data() + i, size);
    distance += static_cast<uint32_t>(std::popcount(x ^ y));
  }
  return distance;
}

} // namespace weft
