#pragma once

#include "runtime/compute/cpu/bf16_kernels.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace weft {

/// Kernels over emulated tiles, and over the hardware's where this CPU has AMX; says so where it has not.
inline std::vector<const bf16_kernels*> bf16_variants() {
  std::vector<const bf16_kernels*> found{&emulated_bf16_kernels()};
  if (const auto* amx = find_amx_bf16_kernels())
    found.push_back(amx);
  else
    MESSAGE("hardware tiles not run: no AMX");
  return found;
}

} // namespace weft
