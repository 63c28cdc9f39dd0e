#include "runtime/base/half.hpp"
#include "runtime/base/random_source.hpp"
#include "runtime/compute/cuda/base/kernel_language.hpp"
#include "runtime/compute/cuda/device/async_copy.cuh"
#include "runtime/compute/cuda/device/tensor_core.cuh"

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace weft;
using namespace weft::cuda;
using emulator::launch;
using emulator::launch_options;

/// What the emulator says of a kernel.
std::string fault_of(const launch_options& options, const std::function<void()>& kernel) {
  try {
    launch(options, kernel);
  } catch (const emulator::fault& found) {
    return found.what();
  }
  return "no fault";
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

/// Each block turns its part of `values` round, in shared memory.
void turn_round_kernel(int* values, bool with_barrier) {
  auto* const kept = reinterpret_cast<int*>(dynamic_shared_bytes());
  int* const mine = values + blockIdx.x * blockDim.x;
  kept[threadIdx.x] = mine[threadIdx.x];
  if (with_barrier)
    __syncthreads();
  mine[threadIdx.x] = kept[blockDim.x - 1 - threadIdx.x];
}

std::vector<int> turned_round(uint64_t seed, bool with_barrier) {
  std::vector<int> values(3 * 96);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<int>(i);
  launch({.grid = {3}, .block = {96}, .shared_bytes = 96 * sizeof(int), .seed = seed},
         [&] { turn_round_kernel(values.data(), with_barrier); });
  return values;
}

float widen_bfloat16(uint16_t x) {
  return std::bit_cast<float>(uint32_t{x} << 16);
}

/// One warp multiplies a: [16, k] by b: [8, k] (columns); both row-major.
template <class Value, class Sum, class Multiply>
std::vector<Sum> multiplied(const std::vector<Value>& a, const std::vector<Value>& b, size_t k, Multiply multiply) {
  std::vector<Sum> out(16 * 8);
  launch({.block = {32}}, [&] {
    constexpr size_t in_register = 4 / sizeof(Value);
    const size_t group = threadIdx.x / 4, at = threadIdx.x % 4 * in_register;
    uint32_t left[4], right[2];
    for (size_t r = 0; r < 4; ++r)
      std::memcpy(&left[r], &a[(group + r % 2 * 8) * k + at + r / 2 * k / 2], 4);
    for (size_t r = 0; r < 2; ++r)
      std::memcpy(&right[r], &b[group * k + at + r * k / 2], 4);
    Sum sums[4] = {1, 1, 1, 1};
    multiply(sums, left, right);
    for (size_t i = 0; i < 4; ++i)
      out[(group + i / 2 * 8) * 8 + threadIdx.x % 4 * 2 + i % 2] = sums[i];
  });
  return out;
}

} // namespace

TEST_CASE("threads of a block see what the others wrote before a barrier, with every order") {
  const auto values = turned_round(1, true);
  CHECK(values[0] == 95);
  CHECK(values[96 + 1] == 96 + 94);
  for (uint64_t seed = 2; seed < 20; ++seed)
    CHECK(turned_round(seed, true) == values);
}

TEST_CASE("a missing barrier shows") {
  CHECK(turned_round(1, false) != turned_round(1, true));
}

TEST_CASE("with some seeds a warp gets as far ahead of the others as it can, with some it does not") {
  std::set<int> leads;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    int done[2] = {}, lead = 0;
    launch({.block = {64}, .seed = seed}, [&] {
      for (int i = 0; i < 50; ++i) {
        __syncwarp();
        if (threadIdx.x % 32 == 0) {
          ++done[threadIdx.x / 32];
          lead = max(lead, done[threadIdx.x / 32] - done[1 - threadIdx.x / 32]);
        }
      }
    });
    leads.insert(lead);
  }
  CHECK(*leads.rbegin() == 50);
  CHECK(*leads.begin() < 25);
}

TEST_CASE("the same seed gives the same order, another one another") {
  const auto order = [](uint64_t seed) {
    std::vector<unsigned> seen;
    launch({.grid = {2}, .block = {40}, .seed = seed}, [&] { seen.push_back(blockIdx.x * 100 + threadIdx.x); });
    return seen;
  };
  CHECK(order(3) == order(3));
  CHECK(order(3) != order(4));
  const auto seen = order(5);
  CHECK(std::set<unsigned>(seen.begin(), seen.end()).size() == 80);
}

TEST_CASE("threads know where they are in three dimensions") {
  std::set<std::array<unsigned, 6>> seen;
  launch({.grid = {2, 3, 2}, .block = {4, 2, 3}}, [&] {
    CHECK(gridDim.y == 3);
    CHECK(blockDim.z == 3);
    seen.insert({blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x, threadIdx.y, threadIdx.z});
  });
  CHECK(seen.size() == 12 * 24);
}

TEST_CASE("a thread that ends while others wait is a fault, and so are different barriers") {
  const launch_options one{.block = {64}};
  const auto ends_early = [] {
    if (threadIdx.x != 7)
      __syncthreads();
  };
  const auto waits_elsewhere = [] {
    if (threadIdx.x % 2 == 0)
      __syncthreads();
    else
      __syncthreads();
  };
  const auto leaves_its_warp = [] {
    if (threadIdx.x != 3)
      __syncwarp();
  };
  const auto outside_of_mask = [] { __shfl_sync(0xF, 1, 0); };
  const auto waits_well = [] {
    __syncthreads();
    __syncwarp();
  };
  CHECK(contains(fault_of(one, ends_early), "thread (7, 0, 0) of block (0, 0, 0) ended"));
  CHECK(contains(fault_of(one, waits_elsewhere), "waits at"));
  CHECK(contains(fault_of(one, leaves_its_warp), "thread (3, 0, 0) of block (0, 0, 0) ended"));
  CHECK(contains(fault_of(one, outside_of_mask), "is not in the mask"));
  CHECK(fault_of(one, waits_well) == "no fault");
}

TEST_CASE("after a fault the next launch is fine") {
  for (int i = 0; i < 3; ++i) {
    CHECK(contains(fault_of({.block = {96}},
                            [] {
                              if (threadIdx.x > 0)
                                __syncthreads();
                            }),
                   "ended"));
    CHECK(turned_round(1, true)[0] == 95);
  }
}

#if !defined(__SANITIZE_ADDRESS__) // which ends the program itself
TEST_CASE("writing outside of shared memory is a fault") {
  for (const int at : {-1, 64})
    CHECK(contains(fault_of({.block = {32}, .shared_bytes = 64}, [at] { dynamic_shared_bytes()[at] = 1; }),
                   "outside of its 64 bytes"));
  CHECK(fault_of({.block = {32}, .shared_bytes = 64}, [] { dynamic_shared_bytes()[63] = 1; }) == "no fault");
}
#endif

TEST_CASE("a launch that no device takes is a fault") {
  const auto nothing = [] {};
  for (const auto& options :
       {launch_options{.block = {1'025}}, {.block = {0}}, {.grid = {1, 70'000}}, {.shared_bytes = 300'000}})
    CHECK(fault_of(options, nothing) != "no fault");
}

TEST_CASE("shuffles and ballots give what other lanes have") {
  launch({.block = {64}}, [] {
    const int lane = static_cast<int>(threadIdx.x % 32);
    CHECK(__shfl_sync(0xFFFF'FFFF, lane, 5) == 5);
    CHECK(__shfl_sync(0xFFFF'FFFF, lane, 1, 8) == lane / 8 * 8 + 1);
    CHECK(__shfl_xor_sync(0xFFFF'FFFF, lane, 16) == (lane ^ 16));
    CHECK(__shfl_down_sync(0xFFFF'FFFF, lane, 3) == (lane < 29 ? lane + 3 : lane));
    CHECK(__shfl_up_sync(0xFFFF'FFFF, lane, 3) == (lane >= 3 ? lane - 3 : lane));
    CHECK(__shfl_xor_sync(0xFFFF'FFFF, lane * 0x1'0000'0001LL, 1) == (lane ^ 1) * 0x1'0000'0001LL);
    CHECK(__ballot_sync(0xFFFF'FFFF, lane % 3 == 0) == 0x4924'9249);
    if (lane < 8)
      CHECK(__ballot_sync(0xFF, lane > 5) == 0xC0);
    CHECK(warp_sum(static_cast<float>(lane)) == 496);
    CHECK(warp_max(static_cast<float>(-lane)) == 0);
    CHECK(__syncthreads_count(lane == 4) == 2);
    CHECK(__syncthreads_or(lane == 40) == 0);
    CHECK(__syncthreads_and(lane < 32) == 1);
  });
}

TEST_CASE("tiles are multiplied as the fragments say") {
  random_source draw(11);
  std::vector<int8_t> a(16 * 32), b(8 * 32);
  for (auto* values : {&a, &b})
    for (auto& x : *values)
      x = static_cast<int8_t>(draw.next() >> 56);
  const auto bytes = multiplied<int8_t, int32_t>(a, b, 32, [](auto& sums, auto& x, auto& y) { mma_int8(sums, x, y); });
  std::vector<uint16_t> left(16 * 16), right(8 * 16), left_bf(16 * 16), right_bf(8 * 16);
  for (auto* values : {&left, &right})
    for (auto& x : *values)
      x = to_half(static_cast<float>(draw.below(64)) - 32); // sums of these are exact in any order
  for (auto* values : {&left_bf, &right_bf})
    for (auto& x : *values)
      x = static_cast<uint16_t>(std::bit_cast<uint32_t>(static_cast<float>(draw.below(64)) - 32) >> 16);
  const auto halves =
      multiplied<uint16_t, float>(left, right, 16, [](auto& sums, auto& x, auto& y) { mma_half(sums, x, y); });
  const auto bfloats = multiplied<uint16_t, float>(left_bf, right_bf, 16,
                                                   [](auto& sums, auto& x, auto& y) { mma_bfloat16(sums, x, y); });
  for (size_t row = 0; row < 16; ++row)
    for (size_t column = 0; column < 8; ++column) {
      int32_t want = 1;
      for (size_t k = 0; k < 32; ++k)
        want += a[row * 32 + k] * b[column * 32 + k];
      CHECK(bytes[row * 8 + column] == want);
      float want_half = 1, want_bfloat = 1;
      for (size_t k = 0; k < 16; ++k) {
        want_half += from_half(left[row * 16 + k]) * from_half(right[column * 16 + k]);
        want_bfloat += widen_bfloat16(left_bf[row * 16 + k]) * widen_bfloat16(right_bf[column * 16 + k]);
      }
      CHECK(halves[row * 8 + column] == want_half);
      CHECK(bfloats[row * 8 + column] == want_bfloat);
    }
}

TEST_CASE("fragments are loaded from rows, as they are or transposed") {
  launch({.block = {32}, .shared_bytes = 512}, [] {
    auto* const values = reinterpret_cast<uint16_t*>(dynamic_shared_bytes()); // [4 matrices, 8 rows, 8]
    for (unsigned i = 0; i < 8; ++i)
      values[threadIdx.x * 8 + i] = static_cast<uint16_t>(threadIdx.x * 8 + i);
    __syncwarp();
    uint32_t plain[4], transposed[4];
    load_matrices(plain, values + threadIdx.x * 8);
    load_matrices_transposed(transposed, values + threadIdx.x * 8);
    for (unsigned m = 0; m < 4; ++m)
      for (unsigned i = 0; i < 2; ++i) {
        const unsigned row = threadIdx.x / 4, column = threadIdx.x % 4 * 2 + i;
        CHECK((plain[m] >> 16 * i & 0xFFFF) == m * 64 + row * 8 + column);
        CHECK((transposed[m] >> 16 * i & 0xFFFF) == m * 64 + column * 8 + row);
      }
  });
}

TEST_CASE("a copy that is not waited for shows, and one that ends after its thread is a fault") {
  alignas(16) const std::array<uint32_t, 4> from{1, 2, 3, 4};
  const auto copied = [&](uint64_t seed, bool wait, bool valid) {
    uint32_t sum = 0; // of whatever was there, where nobody waits
    launch({.block = {1}, .shared_bytes = 16, .seed = seed}, [&] {
      auto* const to = reinterpret_cast<uint32_t*>(dynamic_shared_bytes());
      begin_copy_16(to, from.data(), valid);
      close_copies();
      if (wait)
        await_copies<0>();
      sum = to[0] + to[1] + to[2] + to[3];
      await_copies<0>();
    });
    return sum;
  };
  bool wrong = false;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    CHECK(copied(seed, true, true) == 10);
    CHECK(copied(seed, true, false) == 0);
    wrong = wrong || copied(seed, false, true) != 10;
  }
  CHECK(wrong);
  CHECK(contains(
      fault_of({.block = {1}, .shared_bytes = 16}, [&] { begin_copy_16(dynamic_shared_bytes(), from.data()); }),
      "before its copies"));
}
