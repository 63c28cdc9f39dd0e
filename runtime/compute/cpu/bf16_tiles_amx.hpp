#pragma once

#include "runtime/compute/cpu/simd.hpp"

namespace weft::inline WEFT_ISA {

/// The eight AMX tile registers of the calling thread, each 16 rows of 64 bytes. Exactly bf16_tiles_emulated's verbs.
/// Written in assembly, since g++ 12's intrinsics take no template argument for a tile's number; the memory clobbers
/// keep the compiler from moving plain loads and stores over tile loads and stores.
class bf16_tiles_amx {
public:
  /// Gives every tile its full size. Without end() the registers would be saved at each context switch.
  static void begin() noexcept {
    struct alignas(64) configuration {
      uint8_t palette = 1;
      uint8_t start_row = 0;
      uint8_t reserved[14] = {};
      uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    };
    static const configuration all;
    asm volatile("ldtilecfg %0" : : "m"(all) : "memory");
  }
  static void end() noexcept { asm volatile("tilerelease" : : : "memory"); }

  template <int tile> WEFT_INLINE void zero() { asm volatile("tilezero %%tmm%c0" : : "i"(tile)); }

  /// Rows lie `stride` bytes apart.
  template <int tile> WEFT_INLINE void load(const void* from, size_t stride) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(stride), "i"(tile) : "memory");
  }
  template <int tile> WEFT_INLINE void store(void* to, size_t stride) const {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(stride), "i"(tile) : "memory");
  }

  /// sums [16, 16] fp32 += a [16, 32] bf16 times b [32, 16] bf16, b as pairs of rows: [16, 16, 2].
  template <int sums, int a, int b> WEFT_INLINE void dot() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(sums), "i"(a), "i"(b));
  }
};

} // namespace weft::inline WEFT_ISA
