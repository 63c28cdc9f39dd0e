#include "runtime/compute/cpu/bf16_tiles_emulated.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace {

using namespace weft;

using tile_values = std::array<uint16_t, 16 * 32>;
using tile_sums = std::array<float, 16 * 16>;

float flushed(float x) {
  return std::fabs(x) < std::numeric_limits<float>::min() ? std::copysign(0.0f, x) : x;
}

/// TDPBF16PS, word by word from the manual.
void dot_by_the_manual(tile_sums& c, const tile_values& a, const tile_values& b) {
  for (size_t m = 0; m < 16; ++m)
    for (size_t n = 0; n < 16; ++n) {
      std::array<float, 2> chains{};
      for (size_t k = 0; k < 16; ++k)
        for (size_t i = 0; i < 2; ++i)
          chains[i] = flushed(std::fma(flushed(from_bf16(a[m * 32 + 2 * k + i])),
                                       flushed(from_bf16(b[k * 32 + 2 * n + i])), chains[i]));
      c[m * 16 + n] = flushed(flushed(c[m * 16 + n]) + flushed(chains[0] + chains[1]));
    }
}

tile_sums emulated(const tile_sums& c, const tile_values& a, const tile_values& b) {
  bf16_tiles_emulated tiles;
  tiles.load<0>(c.data(), 64);
  tiles.load<1>(a.data(), 64);
  tiles.load<2>(b.data(), 64);
  tiles.dot<0, 1, 2>();
  tile_sums out;
  tiles.store<0>(out.data(), 64);
  return out;
}

} // namespace

TEST_CASE("emulated tiles multiply as the manual says, to the bit") {
  constexpr uint32_t seed = 31;
  std::mt19937 draw(seed);
  std::normal_distribution<float> normal(0, 1);
  // The last magnitude makes products and sums that are flushed to 0.
  for (const float magnitude : {1.0f, 1e-3f, 1e15f, 1e-19f}) {
    CAPTURE(magnitude);
    for (int round = 0; round < 20; ++round) {
      tile_values a, b;
      tile_sums c;
      for (auto& x : a)
        x = to_bf16(normal(draw) * magnitude);
      for (auto& x : b)
        x = to_bf16(normal(draw) * magnitude);
      for (auto& x : c)
        x = normal(draw) * magnitude * magnitude;
      auto want = c;
      dot_by_the_manual(want, a, b);
      CHECK(emulated(c, a, b) == want);
    }
  }
}

TEST_CASE("inputs below 2^-126 count as 0") {
  tile_values a, b;
  a.fill(0x0001); // the smallest bf16 of all
  b.fill(to_bf16(3e38f));
  CHECK(emulated({}, a, b) == tile_sums{});
}

TEST_CASE("tiles are read and written with any row stride") {
  std::vector<float> memory(16 * 20);
  for (size_t i = 0; i < memory.size(); ++i)
    memory[i] = static_cast<float>(i);
  bf16_tiles_emulated tiles;
  tiles.load<7>(memory.data(), 80);
  std::vector<float> out(16 * 32, -1);
  tiles.store<7>(out.data(), 128);
  for (size_t r = 0; r < 16; ++r)
    for (size_t i = 0; i < 32; ++i)
      CHECK(out[r * 32 + i] == (i < 16 ? memory[r * 20 + i] : -1));
}

TEST_CASE("rounding to bf16 is to nearest, ties to even") {
  for (const auto& [from, want] :
       std::vector<std::pair<float, float>>{{1.0f, 1.0f},
                                            {1.00390625f, 1.0f},       // half a step above 1: to the even 1
                                            {1.01171875f, 1.015625f},  // half a step above the odd 1.0078125: up
                                            {1.00390637f, 1.0078125f}, // just above half a step
                                            {-1.00390625f, -1.0f},
                                            {0.0f, 0.0f}}) {
    CAPTURE(from);
    CHECK(from_bf16(to_bf16(from)) == want);
    float lanes[simd_width];
    uint16_t narrow[simd_width];
    store(lanes, splat(from));
    store_bf16(narrow, load(lanes));
    CHECK(from_bf16(narrow[simd_width - 1]) == want);
  }
}
