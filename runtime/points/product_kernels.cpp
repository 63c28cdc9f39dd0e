#include "runtime/points/product_kernels.hpp"

namespace weft {

extern const product_kernels product_kernels_portable;
#if defined(WEFT_X86_KERNELS)
extern const product_kernels product_kernels_avx2;
extern const product_kernels product_kernels_avx512;
extern const product_kernels product_kernels_avx512_vnni;

namespace {

/// A feature counts only when the operating system saves its registers; the builtin looks at that too.
bool has_avx512() noexcept {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

} // namespace
#endif

const product_kernels* find_product_kernels(product_isa isa) noexcept {
  switch (isa) {
  case product_isa::portable:
    return &product_kernels_portable;
#if defined(WEFT_X86_KERNELS)
  case product_isa::avx2:
    return __builtin_cpu_supports("avx2") ? &product_kernels_avx2 : nullptr;
  case product_isa::avx512:
    return has_avx512() ? &product_kernels_avx512 : nullptr;
  case product_isa::avx512_vnni:
    return has_avx512() && __builtin_cpu_supports("avx512vnni") ? &product_kernels_avx512_vnni : nullptr;
#endif
  default:
    return nullptr;
  }
}

const product_kernels& best_product_kernels() noexcept {
  for (auto isa : {product_isa::avx512_vnni, product_isa::avx512, product_isa::avx2})
    if (const auto* found = find_product_kernels(isa))
      return *found;
  return product_kernels_portable;
}

} // namespace weft
