#include "runtime/compute/model/float_tensor.hpp"

#include "runtime/base/assert.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

namespace weft {

namespace {

/// IEEE binary16 → binary32. A subnormal is its fraction times 2^-24.
float from_half(uint16_t half) noexcept {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = half >> 10 & 0x1f;
  const uint32_t fraction = half & 0x3ff;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | sign);
  }
  const uint32_t wide = exponent == 0x1f ? 0xff : exponent + (127 - 15);
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

template <class T> T little_endian(const std::byte* from) noexcept {
  T value = 0;
  for (size_t i = sizeof(T); i-- > 0;)
    value = static_cast<T>(value << 8 | std::to_integer<T>(from[i]));
  return value;
}

} // namespace

bool is_float_view(const tensor_view& tensor) noexcept {
  return std::endian::native == std::endian::little && tensor.type == tensor_type::f32 &&
         reinterpret_cast<uintptr_t>(tensor.bytes.data()) % alignof(float) == 0;
}

bool copy_as_float(const tensor_view& tensor, std::span<float> out) noexcept {
  const std::byte* from = tensor.bytes.data();
  const size_t width = out.empty() ? 0 : tensor.bytes.size() / out.size();
  WEFT_ASSERT(width * out.size() == tensor.bytes.size());
  switch (tensor.type) {
  case tensor_type::f32:
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = std::bit_cast<float>(little_endian<uint32_t>(from + i * width));
    return true;
  case tensor_type::f16:
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = from_half(little_endian<uint16_t>(from + i * width));
    return true;
  case tensor_type::bf16:
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = std::bit_cast<float>(static_cast<uint32_t>(little_endian<uint16_t>(from + i * width)) << 16);
    return true;
  default:
    return false;
  }
}

} // namespace weft
