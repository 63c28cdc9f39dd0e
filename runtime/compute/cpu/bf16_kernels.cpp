#include "runtime/compute/cpu/bf16_kernels.hpp"

#include "runtime/compute/cpu/cpu_features.hpp"

namespace weft {

extern const bf16_kernels bf16_kernels_emulated;
#if defined(WEFT_X86_KERNELS)
extern const bf16_kernels bf16_kernels_amx;
extern const bf16_kernels bf16_kernels_emulated_avx2;
#endif

const bf16_kernels* find_amx_bf16_kernels() noexcept {
#if defined(WEFT_X86_KERNELS)
  if (this_cpu().amx_bf16)
    return &bf16_kernels_amx;
#endif
  return nullptr;
}

const bf16_kernels& emulated_bf16_kernels() noexcept {
#if defined(WEFT_X86_KERNELS)
  if (this_cpu().avx2_fma)
    return bf16_kernels_emulated_avx2;
#endif
  return bf16_kernels_emulated;
}

} // namespace weft
