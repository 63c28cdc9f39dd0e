#include "tests/bench/peak_loops.hpp"

#include <cstddef>
#include <immintrin.h>

namespace weft::bench {

namespace {

/// Eight tiles of 16 rows with 64 bytes: the palette that kernels use too.
struct alignas(64) tile_configuration {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

} // namespace

double run_tiles_amx_bf16(uint64_t steps) {
  const tile_configuration configuration;
  asm volatile("" ::"r"(&configuration) : "memory"); // g++ 12 may otherwise load it before it is written
  _tile_loadconfig(&configuration);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
  for (uint64_t i = 0; i < steps; ++i) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
  constexpr double operations_per_tile = 16.0 * 16 * 32 * 2;
  return static_cast<double>(steps) * 4 * operations_per_tile;
}

} // namespace weft::bench
