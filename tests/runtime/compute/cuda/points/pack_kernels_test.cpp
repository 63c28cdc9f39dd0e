#include "runtime/compute/cuda/points/largest_kernel.cuh"
#include "runtime/compute/cuda/points/pack_kernel.cuh"
#include "runtime/points/encoding.hpp"
#include "runtime/points/quantize.hpp"
#include "tests/runtime/compute/cuda/points/emulated_kernels.hpp"
#include "tests/runtime/points/random_points.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

namespace {

using namespace weft;
using namespace weft::cuda;

struct packed_rows {
  std::vector<unsigned char> codes;
  std::vector<float> scales;
};

packed_rows pack(const std::vector<float>& rows, uint32_t dimensions, row_code code, uint32_t bytes, float scale = 1) {
  const auto count = static_cast<uint32_t>(rows.size() / dimensions);
  packed_rows out{std::vector<unsigned char>(size_t{count} * bytes), std::vector<float>(count)};
  const pack_arguments arguments{rows.data(), out.codes.data(), out.scales.data(), scale, count, dimensions, bytes};
  with_pack_kernel(code, dimensions, [&](auto kernel) {
    run_emulated(kernel, arguments, dimensions);
    return 0;
  });
  return out;
}

/// Each row as encode() of runtime/points writes it.
void check_equal(const std::vector<float>& rows, uint32_t dimensions) {
  CAPTURE(dimensions);
  for (const auto& [code, encoding] : {std::pair{row_code::float16, vector_encoding::float16},
                                       {row_code::int8, vector_encoding::int8},
                                       {row_code::binary, vector_encoding::binary}}) {
    CAPTURE(to_string(encoding));
    const auto bytes = static_cast<uint32_t>(packed_bytes(encoding, dimensions));
    const auto got = pack(rows, dimensions, code, bytes);
    for (size_t r = 0; r < rows.size() / dimensions; ++r) {
      const auto want = encode(std::span(rows).subspan(r * dimensions, dimensions), encoding);
      CHECK(std::string(reinterpret_cast<const char*>(got.codes.data()) + r * bytes, bytes) == want.bytes);
      if (code == row_code::int8)
        CHECK(got.scales[r] == want.scale);
    }
  }
}

std::vector<float> any_floats(random_source& draw, size_t count) {
  std::vector<float> values(count);
  for (auto& x : values)
    x = std::bit_cast<float>(static_cast<uint32_t>(draw.next()));
  return values;
}

} // namespace

TEST_CASE("codes of vectors equal the CPU's for any dimensions") {
  random_source draw(1);
  for (const uint32_t dimensions : {1u, 3u, 4u, 31u, 33u, 100u, 128u, 384u, 513u, 768u, 1'025u, 4'096u})
    check_equal(clustered_rows(draw, 3, dimensions, 3, 1), dimensions);
}

TEST_CASE("codes of any bits equal the CPU's: infinities, NaN, subnormals, zeros") {
  random_source draw(2);
  check_equal(any_floats(draw, 40 * 100), 100);
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const float least = std::numeric_limits<float>::denorm_min(), most = std::numeric_limits<float>::max();
  check_equal({0, -0.0F, 0, 0, infinity, -infinity, nan, -nan, least, -least, 0, least, most, -most, 1, least}, 4);
  check_equal({65'504, 65'519, 65'520, 65'536, -65'519, 6.1e-5F, 5.9e-8F, 2.98e-8F}, 8);
  check_equal({1e-45F * 130, 1e-45F * 7, 1e-38F, -1e-40F}, 2);
}

TEST_CASE("values halfway between two codes are rounded as the CPU rounds them") {
  std::vector<float> rows;
  for (const float largest : {127.0F, 1.0F, 0.3F, 190.5F}) {
    rows.push_back(largest);
    for (int i = -126; i < 127; ++i) {
      const float half = (static_cast<float>(i) + 0.5F) * (largest / 127);
      rows.push_back(half);
      rows.push_back(std::nextafter(half, 1000.0F));
      rows.push_back(std::nextafter(half, -1000.0F));
    }
  }
  check_equal(rows, static_cast<uint32_t>(rows.size() / 4));
}

TEST_CASE("quantised points equal the CPU's, in rows that are longer than they are") {
  random_source draw(3);
  for (const uint32_t dimensions : {1u, 50u, 64u, 384u}) {
    CAPTURE(dimensions);
    auto rows = clustered_rows(draw, 5, dimensions, 2, 1);
    rows[0] = std::numeric_limits<float>::infinity();
    rows.back() = std::numeric_limits<float>::quiet_NaN();
    uint32_t largest = 0;
    run_emulated(largest_kernel, largest_arguments{rows.data(), &largest, rows.size()}, 1);
    const float magnitude = std::bit_cast<float>(largest);
    CHECK(scale_of(rows) == scale_of(std::span(&magnitude, 1)));
    for (const float scale : {scale_of(rows), 4 * scale_of(rows)}) { // values beyond int8 are clamped
      const auto got = pack(rows, dimensions, row_code::point, stride_of(dimensions), scale);
      const auto want = padded(quantize_points(rows, dimensions, scale).values, dimensions);
      CHECK(std::equal(want.begin(), want.end(), got.codes.begin(), got.codes.end(),
                       [](int8_t a, unsigned char b) { return a == static_cast<int8_t>(b); }));
    }
  }
}
