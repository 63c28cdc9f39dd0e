#include "runtime/compute/cpu/vector_kernels.hpp"

#include "runtime/compute/cpu/cpu_features.hpp"

namespace weft {

extern const vector_kernels vector_kernels_portable;
#if defined(WEFT_X86_KERNELS)
extern const vector_kernels vector_kernels_avx2;
extern const vector_kernels vector_kernels_avx512;
#endif

const vector_kernels* find_vector_kernels(vector_isa isa) noexcept {
  switch (isa) {
  case vector_isa::portable:
    return &vector_kernels_portable;
#if defined(WEFT_X86_KERNELS)
  case vector_isa::avx2:
    return this_cpu().avx2_fma ? &vector_kernels_avx2 : nullptr;
  case vector_isa::avx512:
    return this_cpu().avx512 ? &vector_kernels_avx512 : nullptr;
#endif
  default:
    return nullptr;
  }
}

const vector_kernels& best_vector_kernels() noexcept {
  for (auto isa : {vector_isa::avx512, vector_isa::avx2})
    if (const auto* found = find_vector_kernels(isa))
      return *found;
  return vector_kernels_portable;
}

} // namespace weft
