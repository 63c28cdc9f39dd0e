#pragma once

#include "runtime/points/product_kernels.hpp"

#include <vector>

namespace weft {

/// All that this CPU runs; the portable ones first.
inline std::vector<const product_kernels*> kernel_sets() {
  std::vector<const product_kernels*> found;
  for (auto isa : {product_isa::portable, product_isa::avx2, product_isa::avx512, product_isa::avx512_vnni})
    if (const auto* kernels = find_product_kernels(isa))
      found.push_back(kernels);
  return found;
}

} // namespace weft
