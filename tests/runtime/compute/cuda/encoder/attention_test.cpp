#include "runtime/compute/cuda/encoder/attention_fp32.cuh"
#include "runtime/compute/cuda/encoder/attention_half.cuh"
#include "tests/runtime/compute/cuda/encoder/random_values.hpp"

#include <doctest/doctest.h>

#include <type_traits>

namespace {

using namespace weft;
using namespace weft::cuda;
using emulator::launch;

struct attention_case {
  std::vector<uint32_t> lengths;
  uint32_t heads;
  unsigned blocks;
  float deviation = 1; ///< of queries, keys and values: large ones make one key win
};

template <class T> void check_attention(const attention_case& given) {
  CAPTURE(given.lengths);
  CAPTURE(given.heads);
  CAPTURE(given.blocks);
  random_source draw(given.lengths.size() * 31 + given.heads);
  std::vector<uint32_t> offsets{0};
  for (const auto length : given.lengths)
    offsets.push_back(offsets.back() + length);
  const uint32_t longest = *std::max_element(given.lengths.begin(), given.lengths.end());
  const auto count = static_cast<uint32_t>(given.lengths.size());
  const std::vector<uint32_t> normalize(count);
  const sequence_list sequences{&count, offsets.data(), normalize.data()};
  const size_t hidden = size_t{given.heads} * head_size;
  const auto qkv = narrowed_all<T>(random_floats(draw, offsets.back() * 3 * hidden, given.deviation));
  const auto unset = narrowed<T>(123);
  std::vector<T> out(offsets.back() * hidden, unset);
  if constexpr (std::is_same_v<T, float>)
    launch({.grid = {given.blocks},
            .block = {attention_fp32_warps * warp_size},
            .shared_bytes = attention_fp32_shared_bytes(longest),
            .seed = offsets.back()},
           [&] { attention_fp32_kernel(qkv.data(), sequences, given.heads, out.data()); });
  else
    launch({.grid = {given.blocks},
            .block = {attention_half_warps * warp_size},
            .shared_bytes = attention_half_shared_bytes(longest),
            .seed = offsets.back()},
           [&] { attention_half_kernel(qkv.data(), sequences, given.heads, out.data()); });

  const auto wide = widened_all<float>(qkv);
  std::vector<float> twin(out.size());
  attention_cpu(wide.data(), offsets.data(), count, given.heads, twin.data());
  const auto wider = widened_all<double>(qkv);
  std::vector<double> exact(out.size());
  attention_cpu(wider.data(), offsets.data(), count, given.heads, exact.data());
  // A weight and a result are rounded to T, values reach 4 deviations; fp32 sums of up to 512 terms do the rest.
  const double cubed = double{given.deviation} * given.deviation * given.deviation; // products of two in exp(), times V
  const double tolerance = std::is_same_v<T, float> ? 4e-6 * cubed : 6 * epsilon_of<T> * given.deviation;
  const auto got = widened_all<double>(out);
  CHECK(largest_distance(got, twin) <= tolerance);
  CHECK(largest_distance(got, exact) <= tolerance);
}

/// Lengths around the edges of tiles, key blocks and warps; fewer blocks than pieces, and more.
const attention_case cases[] = {
    {{1}, 1, 1},      {{2, 1, 3}, 2, 4},       {{15, 16, 17}, 1, 2}, {{31, 32, 33, 1}, 2, 3},
    {{63, 65}, 1, 5}, {{7, 100, 2, 40}, 3, 4}, {{20, 50}, 2, 2, 6},  {{256}, 1, 1},
};

} // namespace

TEST_CASE("attention in fp32 is its twin's and the definition's") {
  for (const auto& given : cases)
    check_attention<float>(given);
}

TEST_CASE("attention on tensor cores is its twin's and the definition's, in half precision and bfloat16") {
  for (const auto& given : cases) {
    check_attention<half_value>(given);
    check_attention<bfloat_value>(given);
  }
}

TEST_CASE("the longest sequences of the model fit: 512 tokens") {
  check_attention<half_value>({{512}, 1, 1});
  check_attention<float>({{512}, 1, 1});
  CHECK(attention_half_shared_bytes(512) <= 99 * 1'024);  // of every device from compute capability 8.0 on
  CHECK(attention_fp32_shared_bytes(512) <= 163 * 1'024); // of those with 8.0 and 9.0
  CHECK(attention_half_shared_bytes(256) * 4 <= 163 * 1'024);
}

TEST_CASE("no sequences touch nothing") {
  const uint32_t count = 0, offset = 0;
  std::vector<half_value> out(32, half_value{0x1234});
  launch({.grid = {3}, .block = {attention_half_warps * warp_size}, .shared_bytes = attention_half_shared_bytes(16)},
         [&] {
           attention_half_kernel<half_value>(out.data(), {&count, &offset, &offset}, 1, out.data());
         });
  CHECK(out[5].bits == 0x1234);
}
