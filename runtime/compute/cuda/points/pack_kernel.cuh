#pragma once

#include "runtime/base/half.hpp"
#include "runtime/compute/cuda/base/kernel_language.hpp"
#include "runtime/compute/cuda/points/kernel_arguments.hpp"

namespace weft::cuda {

struct alignas(16) four_floats {
  float value[4];
};

/// Nearest integer, halves to even, from -127 to 127; NaN is 0. CPU twin: round_to_int8() of runtime/points.
template <class Real> __device__ __forceinline__ int rounded_to_int8(Real x) {
  if (!(fabs(x) < 127))
    return x != x ? 0 : x < 0 ? -127 : 127;
  return static_cast<int>(rint(x));
}

/// round_to_int8(double(x) / scale). The quotient in fp32 is off by less than 2^-15, so that the exact one in fp64,
/// which is slow, is asked for only near a half (and for what is not finite).
__device__ __forceinline__ int divided_to_int8(float x, float scale, float inverse) {
  const float quotient = x * inverse;
  const float whole = rintf(quotient);
  if (fabsf(quotient - whole) < 0.4999f && fabsf(quotient) < 127.4f)
    return static_cast<int>(whole);
  return rounded_to_int8(static_cast<double>(x) / static_cast<double>(scale));
}

/// Four codes of a lane.
__device__ __forceinline__ void write_half(unsigned char* to, const four_floats& in, uint32_t count, bool whole) {
  struct alignas(8) four_halves {
    uint16_t value[4];
  } out;
  for (uint32_t i = 0; i < 4; ++i)
    out.value[i] = to_half(in.value[i]);
  if (whole)
    *reinterpret_cast<four_halves*>(to) = out;
  else
    for (uint32_t i = 0; i < count; ++i) { // a row of an odd number of bytes does not begin where a half may
      to[2 * i] = static_cast<unsigned char>(out.value[i] & 0xFF);
      to[2 * i + 1] = static_cast<unsigned char>(out.value[i] >> 8);
    }
}

__device__ __forceinline__ void write_bytes(unsigned char* to, const int (&code)[4], uint32_t count, bool whole) {
  if (whole)
    *reinterpret_cast<uint32_t*>(to) =
        (code[0] & 0xFFu) | (code[1] & 0xFFu) << 8 | (code[2] & 0xFFu) << 16 | static_cast<uint32_t>(code[3]) << 24;
  else
    for (uint32_t i = 0; i < count; ++i)
      to[i] = static_cast<unsigned char>(code[i]);
}

/// A row in the registers of a warp: lane l has dimensions 128 v + 4 l to 128 v + 4 l + 3 of each v.
template <uint32_t vectors> struct warp_row {
  four_floats part[vectors];

  __device__ __forceinline__ void load(const float* row, uint32_t dimensions, uint32_t lane) {
    const bool aligned = dimensions % 4 == 0; // then every row begins at a multiple of 16
    WEFT_UNROLL
    for (uint32_t v = 0; v < vectors; ++v) {
      const uint32_t first = v * 128 + lane * 4;
      part[v] = {};
      if (aligned && first < dimensions)
        part[v] = *reinterpret_cast<const four_floats*>(row + first);
      else
        for (uint32_t i = 0; i < 4 && first + i < dimensions; ++i)
          part[v].value[i] = row[first + i];
    }
  }

  /// Largest finite magnitude / 127; 1 where nothing but zeros would be left.
  __device__ __forceinline__ float int8_scale() const {
    float largest = 0;
    WEFT_UNROLL
    for (uint32_t v = 0; v < vectors; ++v)
      WEFT_UNROLL
    for (uint32_t i = 0; i < 4; ++i) {
      const float magnitude = fabsf(part[v].value[i]);
      if (magnitude > largest && magnitude < INFINITY)
        largest = magnitude;
    }
    const float scale = __fdiv_rn(warp_max(largest), 127);
    return scale > 0 ? scale : 1;
  }
};

/// 32 bits of 8 lanes' values, 1 = positive, written by the first of them.
__device__ __forceinline__ void write_signs(unsigned char* row, const four_floats& in, uint32_t first, uint32_t bytes,
                                            uint32_t lane) {
  uint32_t word = 0;
  WEFT_UNROLL
  for (uint32_t i = 0; i < 4; ++i)
    word |= (in.value[i] > 0 ? 1u : 0u) << (lane % 8 * 4 + i);
  WEFT_UNROLL
  for (int bits = 1; bits <= 4; bits *= 2)
    word |= __shfl_xor_sync(whole_warp, word, bits);
  if (lane % 8 != 0)
    return;
  const uint32_t at = first / 8;
  if (bytes % 4 == 0 && at + 4 <= bytes)
    *reinterpret_cast<uint32_t*>(row + at) = word;
  else
    for (uint32_t i = 0; i < 4 && at + i < bytes; ++i)
      row[at + i] = static_cast<unsigned char>(word >> 8 * i);
}

/// Rows of floats as codes, one warp a row, each value read once. vectors · 128 dimensions at most. CPU twins: encode()
/// of runtime/points/encoding, and for `point` quantize_points() of runtime/points/quantize.
template <row_code code, uint32_t vectors> __global__ void pack_kernel(pack_arguments a) {
  const uint32_t lane = threadIdx.x % warp_size;
  for (uint32_t r = blockIdx.x * pack_warps + threadIdx.x / warp_size; r < a.count; r += gridDim.x * pack_warps) {
    warp_row<vectors> row;
    row.load(a.rows + static_cast<size_t>(r) * a.dimensions, a.dimensions, lane);
    unsigned char* const out = a.codes + static_cast<size_t>(r) * a.bytes;
    float scale = a.scale, inverse = 1;
    if constexpr (code == row_code::int8) {
      scale = row.int8_scale();
      inverse = __fdiv_rn(1, scale);
      if (lane == 0)
        a.scales[r] = scale;
    }
    const bool aligned = a.dimensions % 4 == 0 && a.bytes % (code == row_code::float16 ? 8 : 4) == 0;
    WEFT_UNROLL
    for (uint32_t v = 0; v < vectors; ++v) {
      const uint32_t first = v * 128 + lane * 4;
      if constexpr (code == row_code::binary) { // all lanes: they put their bits together
        if (v * 128 < a.dimensions)
          write_signs(out, row.part[v], first, a.bytes, lane);
        continue;
      }
      if (first >= a.dimensions)
        continue;
      const uint32_t count = min(a.dimensions - first, 4u);
      if constexpr (code == row_code::float16)
        write_half(out + first * 2, row.part[v], count, aligned);
      int codes[4] = {};
      if constexpr (code == row_code::int8)
        for (uint32_t i = 0; i < 4; ++i)
          codes[i] = divided_to_int8(row.part[v].value[i], scale, inverse);
      if constexpr (code == row_code::point)
        for (uint32_t i = 0; i < 4; ++i)
          codes[i] = rounded_to_int8(__fmul_rn(row.part[v].value[i], scale));
      if constexpr (code == row_code::int8 || code == row_code::point)
        write_bytes(out + first, codes, count, aligned);
    }
  }
}

/// Calls launch(kernel) with the kernel of a code and so many dimensions.
template <class Launch> auto with_pack_kernel(row_code code, uint32_t dimensions, Launch launch) {
  const auto of = [&]<row_code wanted>() {
    return dimensions <= 512    ? launch(pack_kernel<wanted, 4>)
           : dimensions <= 1024 ? launch(pack_kernel<wanted, 8>)
                                : launch(pack_kernel<wanted, pack_dimensions_max / 128>);
  };
  switch (code) {
  case row_code::float16:
    return of.template operator()<row_code::float16>();
  case row_code::int8:
    return of.template operator()<row_code::int8>();
  case row_code::binary:
    return of.template operator()<row_code::binary>();
  case row_code::point:
    break;
  }
  return of.template operator()<row_code::point>();
}

} // namespace weft::cuda
