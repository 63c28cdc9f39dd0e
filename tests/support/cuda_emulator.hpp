#pragma once

#include "tests/support/emulated_arithmetic.hpp"
#include "tests/support/emulated_block.hpp"
#include "tests/support/emulated_tensor_core.hpp"

#include <cstdint>

// CUDA C++ for a host compiler, without the toolkit. The library weft_cuda_emulator puts it before everything else of a
// test's sources (-include), which then include a kernel's source and run it with weft::emulator::launch(). A static
// __shared__ variable keeps what the block before left there; dynamic shared memory is filled with a pattern.
#define WEFT_CUDA_EMULATED

#define __global__ inline
#define __device__
#define __host__
#define __shared__ static
#define __constant__ static
#define __launch_bounds__(...)
#define __forceinline__ inline
#define __align__(n) alignas(n)
#define threadIdx (::weft::emulator::here().thread)
#define blockIdx (::weft::emulator::here().block)
#define blockDim (::weft::emulator::here().block_size)
#define gridDim (::weft::emulator::here().grid_size)
inline constexpr int warpSize = 32;

namespace weft::emulator {

template <class T> struct shuffled {
  T value;  ///< what the lane gives
  int from; ///< whose value it wants
  T got;    ///< that value, its own where there is no such lane
};

/// Each lane gets the value of the lane `from`.
template <class T> T shuffle(uint32_t mask, T value, int from, place where) {
  shuffled<T> mine{value, from, value};
  exchange(
      mask, &mine,
      [](void* const* operands) {
        for (unsigned lane = 0; lane < warp_lanes; ++lane)
          if (auto* const to = static_cast<shuffled<T>*>(operands[lane]); to && operands[to->from])
            to->got = static_cast<const shuffled<T>*>(operands[to->from])->value;
      },
      where);
  return mine.got;
}

/// The lanes whose predicate is true, one bit a lane.
inline uint32_t ballot(uint32_t mask, bool predicate, place where) {
  shuffled<uint32_t> mine{predicate, 0, 0};
  exchange(
      mask, &mine,
      [](void* const* operands) {
        uint32_t bits = 0;
        for (unsigned lane = 0; lane < warp_lanes; ++lane)
          if (operands[lane] && static_cast<const shuffled<uint32_t>*>(operands[lane])->value)
            bits |= 1U << lane;
        for (unsigned lane = 0; lane < warp_lanes; ++lane)
          if (operands[lane])
            static_cast<shuffled<uint32_t>*>(operands[lane])->got = bits;
      },
      where);
  return mine.got;
}

inline int lane_of(int lane, int width) {
  return lane / width * width;
}

} // namespace weft::emulator

using weft_place = weft::emulator::place;

inline void __syncthreads(weft_place where = weft_place::current()) {
  weft::emulator::barrier(false, where);
}
inline int __syncthreads_count(int predicate, weft_place where = weft_place::current()) {
  return static_cast<int>(weft::emulator::barrier(predicate != 0, where));
}
inline int __syncthreads_or(int predicate, weft_place where = weft_place::current()) {
  return weft::emulator::barrier(predicate != 0, where) > 0;
}
inline int __syncthreads_and(int predicate, weft_place where = weft_place::current()) {
  return weft::emulator::barrier(predicate == 0, where) == 0;
}
inline void __syncwarp(uint32_t mask = 0xFFFF'FFFF, weft_place where = weft_place::current()) {
  weft::emulator::ballot(mask, false, where);
}
inline void __threadfence() {}
inline void __threadfence_block() {}

template <class T>
T __shfl_sync(uint32_t mask, T value, int from, int width = 32, weft_place where = weft_place::current()) {
  const int lane = static_cast<int>(weft::emulator::here().lane);
  return weft::emulator::shuffle(mask, value, weft::emulator::lane_of(lane, width) + from % width, where);
}
template <class T>
T __shfl_xor_sync(uint32_t mask, T value, int bits, int width = 32, weft_place where = weft_place::current()) {
  const int lane = static_cast<int>(weft::emulator::here().lane);
  const int from = lane ^ bits;
  return weft::emulator::shuffle(mask, value, from < weft::emulator::lane_of(lane, width) + width ? from : lane, where);
}
template <class T>
T __shfl_down_sync(uint32_t mask, T value, unsigned by, int width = 32, weft_place where = weft_place::current()) {
  const int lane = static_cast<int>(weft::emulator::here().lane);
  const int from = lane + static_cast<int>(by);
  return weft::emulator::shuffle(mask, value, from < weft::emulator::lane_of(lane, width) + width ? from : lane, where);
}
template <class T>
T __shfl_up_sync(uint32_t mask, T value, unsigned by, int width = 32, weft_place where = weft_place::current()) {
  const int lane = static_cast<int>(weft::emulator::here().lane);
  const int from = lane - static_cast<int>(by);
  return weft::emulator::shuffle(mask, value, from >= weft::emulator::lane_of(lane, width) ? from : lane, where);
}
inline uint32_t __ballot_sync(uint32_t mask, int predicate, weft_place where = weft_place::current()) {
  return weft::emulator::ballot(mask, predicate != 0, where);
}
inline int __any_sync(uint32_t mask, int predicate, weft_place where = weft_place::current()) {
  return weft::emulator::ballot(mask, predicate != 0, where) != 0;
}
inline int __all_sync(uint32_t mask, int predicate, weft_place where = weft_place::current()) {
  return weft::emulator::ballot(mask, predicate == 0, where) == 0;
}
