#pragma once

#include "runtime/base/assert.hpp"
#include "runtime/base/half.hpp"
#include "tests/support/emulated_block.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

// What runtime/compute/cuda/device/tensor_core.cuh means on the host: the lanes of a warp exchange their registers as
// the PTX ISA lays out the fragments of mma.m16n8k16 and .m16n8k32 (9.7.14.5) and of ldmatrix. One 32-bit register
// holds two values of 16 bits or four of 8 bits, the first in the lowest bits.
namespace weft::emulator {

/// Registers of one lane.
struct product_operands {
  const uint32_t* a; ///< [4]
  const uint32_t* b; ///< [2]
  void* sums;        ///< [4]: int32_t or float
};

/// sums += A · B for a tile of 16 × k values and one of k × 8; k is 32 values of 8 bits or 16 of 16 bits.
template <class Value, class Sum, Sum (*widen)(Value)> void multiply_tiles(void* const* operands) {
  constexpr unsigned in_register = 4 / sizeof(Value);
  constexpr unsigned half = 4 * in_register; // columns of A that the first two registers cover
  Value a[16][2 * half], b[2 * half][8];
  for (unsigned lane = 0; lane < warp_lanes; ++lane) {
    const auto& mine = *static_cast<const product_operands*>(operands[lane]);
    const unsigned group = lane / 4, at = lane % 4 * in_register;
    for (unsigned r = 0; r < 4; ++r)
      std::memcpy(&a[group + r % 2 * 8][at + r / 2 * half], &mine.a[r], 4);
    for (unsigned r = 0; r < 2; ++r)
      for (unsigned i = 0; i < in_register; ++i)
        std::memcpy(&b[at + r * half + i][group], reinterpret_cast<const char*>(&mine.b[r]) + i * sizeof(Value),
                    sizeof(Value));
  }
  for (unsigned lane = 0; lane < warp_lanes; ++lane) {
    auto* const sums = static_cast<Sum*>(static_cast<const product_operands*>(operands[lane])->sums);
    for (unsigned i = 0; i < 4; ++i) {
      const unsigned row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
      for (unsigned k = 0; k < 2 * half; ++k)
        sums[i] += widen(a[row][k]) * widen(b[k][column]);
    }
  }
}

inline int32_t widen_int8(int8_t x) {
  return x;
}
inline float widen_bfloat16(uint16_t x) {
  return std::bit_cast<float>(uint32_t{x} << 16);
}

struct load_operands {
  const void* row; ///< 16 bytes of shared memory
  uint32_t* out;   ///< [4]
};

/// Four matrices of 8 rows of 16 bytes; lane i names row i % 8 of matrix i / 8. Transposed: of 16-bit values.
template <bool transposed> void load_matrices(void* const* operands) {
  for (unsigned lane = 0; lane < warp_lanes; ++lane) {
    auto& mine = *static_cast<load_operands*>(operands[lane]);
    WEFT_ASSERT(reinterpret_cast<uintptr_t>(mine.row) % 16 == 0);
    for (unsigned m = 0; m < 4; ++m)
      for (unsigned i = 0; i < 2; ++i) {
        const unsigned row = transposed ? lane % 4 * 2 + i : lane / 4;
        const unsigned column = transposed ? lane / 4 : lane % 4 * 2 + i;
        const auto* const from = static_cast<const load_operands*>(operands[m * 8 + row])->row;
        std::memcpy(reinterpret_cast<char*>(&mine.out[m]) + i * 2, static_cast<const char*>(from) + column * 2, 2);
      }
  }
}

} // namespace weft::emulator

namespace weft::cuda {

using emulator_place = emulator::place;

inline void mma_int8(int32_t (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                     emulator_place where = emulator_place::current()) {
  emulator::product_operands mine{a, b, sums};
  emulator::exchange(0xFFFF'FFFF, &mine, emulator::multiply_tiles<int8_t, int32_t, emulator::widen_int8>, where);
}

inline void mma_half(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                     emulator_place where = emulator_place::current()) {
  emulator::product_operands mine{a, b, sums};
  emulator::exchange(0xFFFF'FFFF, &mine, emulator::multiply_tiles<uint16_t, float, from_half>, where);
}

inline void mma_bfloat16(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                         emulator_place where = emulator_place::current()) {
  emulator::product_operands mine{a, b, sums};
  emulator::exchange(0xFFFF'FFFF, &mine, emulator::multiply_tiles<uint16_t, float, emulator::widen_bfloat16>, where);
}

inline void load_matrices(uint32_t (&out)[4], const void* row, emulator_place where = emulator_place::current()) {
  emulator::load_operands mine{row, out};
  emulator::exchange(0xFFFF'FFFF, &mine, emulator::load_matrices<false>, where);
}

inline void load_matrices_transposed(uint32_t (&out)[4], const void* row,
                                     emulator_place where = emulator_place::current()) {
  emulator::load_operands mine{row, out};
  emulator::exchange(0xFFFF'FFFF, &mine, emulator::load_matrices<true>, where);
}

/// `from` is not read where the copy is not valid.
inline void begin_copy_16(void* to, const void* from, bool valid = true) {
  emulator::begin_copy(to, valid ? from : nullptr);
}

inline void close_copies() {
  emulator::close_copies();
}

template <int groups_left> void await_copies() {
  emulator::await_copies(groups_left);
}

inline unsigned char* dynamic_shared_bytes() {
  return reinterpret_cast<unsigned char*>(emulator::shared_memory());
}

} // namespace weft::cuda
