#pragma once

#include "runtime/base/result.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// How the numbers of a vector are written for whoever asked.
enum class vector_encoding : uint8_t {
  float32, ///< IEEE single, little-endian
  float16, ///< IEEE half, little-endian
  int8,    ///< one signed byte a dimension: value = byte · scale
  binary,  ///< one bit a dimension, 1 = positive; the first dimension is the lowest bit of the first byte
};
inline constexpr size_t vector_encoding_count = 4;
inline constexpr std::array<std::string_view, vector_encoding_count> vector_encoding_names{"float32", "float16", "int8",
                                                                                           "binary"};
constexpr std::string_view to_string(vector_encoding e) noexcept {
  return vector_encoding_names[static_cast<size_t>(e)];
}

/// One vector in one encoding. Unused bits of the last byte are 0.
struct packed_vector {
  vector_encoding encoding = vector_encoding::float32;
  uint32_t dimensions = 0;
  float scale = 1; ///< of int8; 1 otherwise
  std::string bytes;

  bool operator==(const packed_vector&) const = default;
};

/// Bytes of a vector of so many dimensions.
constexpr size_t packed_bytes(vector_encoding encoding, size_t dimensions) noexcept {
  switch (encoding) {
  case vector_encoding::float32:
    return dimensions * 4;
  case vector_encoding::float16:
    return dimensions * 2;
  case vector_encoding::int8:
    return dimensions;
  case vector_encoding::binary:
    return (dimensions + 7) / 8;
  }
  return 0;
}

/// Equal bytes on every machine. int8: scale = largest magnitude / 127 (a row of zeros: 1), values rounded to nearest,
/// halves to even. Values are finite: an infinity becomes the largest of int8, NaN 0.
packed_vector encode(std::span<const float> values, vector_encoding encoding);

/// errc::internal: bytes and dimensions do not fit each other.
status check(const packed_vector& vector);

/// What is left of the values. binary: ±1/√dimensions, so that the length is 1. REQUIRES: check() found nothing.
std::vector<float> decode(const packed_vector& vector);

/// Product of a query as it is with an encoded vector; with binary: of decode(). Summed in double in the order of the
/// dimensions. REQUIRES: equal dimensions, check() found nothing.
double score(std::span<const float> query, const packed_vector& vector);

/// Product of two vectors of the same encoding, from their codes alone. int8: exact integers, then both scales. binary:
/// 1 - 2 · distance / dimensions, from -1 to 1. REQUIRES: as above.
double score(const packed_vector& a, const packed_vector& b);

/// Bits that differ. REQUIRES: both binary, of equal dimensions.
uint32_t hamming_distance(const packed_vector& a, const packed_vector& b);

} // namespace weft
