#pragma once

#include "runtime/compute/cpu/bf16_value.hpp"

namespace weft::inline WEFT_ISA {

/// AMX tiles in plain code, so that everything built on them is tested on any CPU. Arithmetic as Intel's manual gives
/// it for TDPBF16PS: even and odd products are summed apart from 0, in fp32, rounded to nearest even after each step;
/// then both are added up and onto the old sum. Inputs and results below 2^-126 count as 0 of their sign.
class bf16_tiles_emulated {
public:
  static void begin() noexcept {}
  static void end() noexcept {}

  template <int tile> void zero() { std::memset(tiles_[tile], 0, tile_bytes); }

  template <int tile> void load(const void* from, size_t stride) {
    for (size_t r = 0; r < 16; ++r)
      std::memcpy(tiles_[tile] + r * row_bytes, static_cast<const unsigned char*>(from) + r * stride, row_bytes);
  }
  template <int tile> void store(void* to, size_t stride) const {
    for (size_t r = 0; r < 16; ++r)
      std::memcpy(static_cast<unsigned char*>(to) + r * stride, tiles_[tile] + r * row_bytes, row_bytes);
  }

  template <int sums, int a, int b> void dot() {
    for (size_t m = 0; m < 16; ++m)
      for (size_t n = 0; n < 16; n += simd_width) {
        unsigned char* to = tiles_[sums] + (m * 16 + n) * sizeof(float);
        vfloat even = {};
        vfloat odd = {};
        for (size_t k = 0; k < 16; ++k) {
          int32_t one;
          std::memcpy(&one, tiles_[a] + (m * 16 + k) * sizeof one, sizeof one);
          const vint left = vint{} + one;
          const auto right = load_lanes<vint>(tiles_[b] + (k * 16 + n) * sizeof one);
          even = flush(add_product(even_of(left), even_of(right), even));
          odd = flush(add_product(odd_of(left), odd_of(right), odd));
        }
        const vfloat sum = flush(flush(load_lanes<vfloat>(to)) + flush(even + odd));
        std::memcpy(to, &sum, sizeof sum);
      }
  }

private:
  static constexpr size_t row_bytes = 64;
  static constexpr size_t tile_bytes = 16 * row_bytes;

  template <class Lanes> WEFT_INLINE static Lanes load_lanes(const unsigned char* from) {
    Lanes v;
    std::memcpy(&v, from, sizeof v);
    return v;
  }

  /// a · b + c with one rounding on every instruction set. Without fused multiply-add in double precision: there the
  /// product is exact, and the sum has more than 2 · 24 + 2 bits, so that rounding it once more to fp32 does no harm.
  WEFT_INLINE static vfloat add_product(vfloat a, vfloat b, vfloat c) {
#if defined(__FMA__)
    return multiply_add(a, b, c);
#else
    using vdouble = double __attribute__((vector_size(simd_width * 8)));
    return __builtin_convertvector(__builtin_convertvector(a, vdouble) * __builtin_convertvector(b, vdouble) +
                                       __builtin_convertvector(c, vdouble),
                                   vfloat);
#endif
  }

  /// The first and the second of each pair of bf16 values, as floats.
  WEFT_INLINE static vfloat even_of(vint pairs) {
    return flush(as_float(pairs << 16));
  }
  WEFT_INLINE static vfloat odd_of(vint pairs) {
    return flush(as_float(pairs & static_cast<int32_t>(0xffff0000)));
  }

  WEFT_INLINE static vfloat flush(vfloat v) {
    const vint bits = as_int(v);
    const vint normal = (bits & 0x7fffffff) >= 0x00800000;
    return as_float(bits & (normal | static_cast<int32_t>(0x80000000)));
  }

  alignas(64) unsigned char tiles_[8][tile_bytes];
};

} // namespace weft::inline WEFT_ISA
