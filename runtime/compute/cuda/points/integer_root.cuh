#pragma once

#include "runtime/compute/cuda/base/kernel_language.hpp"

namespace weft::cuda {

/// floor(√value), from a root in double that is off by one at most where value < 2^62. CPU twin: integer_root() of
/// runtime/points.
__device__ __forceinline__ unsigned long long root_of(unsigned long long value) {
  auto root = static_cast<unsigned long long>(sqrt(static_cast<double>(value)));
  while (root * root > value)
    --root;
  while ((root + 1) * (root + 1) <= value)
    ++root;
  return root;
}

} // namespace weft::cuda
