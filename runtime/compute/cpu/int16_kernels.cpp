#include "runtime/compute/cpu/int16_kernels.hpp"

#include "runtime/compute/cpu/cpu_features.hpp"

namespace weft {

extern const int16_kernels int16_kernels_portable;
#if defined(WEFT_X86_KERNELS)
extern const int16_kernels int16_kernels_avx2;
extern const int16_kernels int16_kernels_avx2_vnni;
extern const int16_kernels int16_kernels_avx512;
extern const int16_kernels int16_kernels_avx512_vnni;
#endif

const int16_kernels* find_int16_kernels(int16_isa isa) noexcept {
  switch (isa) {
  case int16_isa::portable:
    return &int16_kernels_portable;
#if defined(WEFT_X86_KERNELS)
  case int16_isa::avx2:
    return this_cpu().avx2_fma ? &int16_kernels_avx2 : nullptr;
  case int16_isa::avx2_vnni:
    return this_cpu().avx2_vnni ? &int16_kernels_avx2_vnni : nullptr;
  case int16_isa::avx512:
    return this_cpu().avx512 ? &int16_kernels_avx512 : nullptr;
  case int16_isa::avx512_vnni:
    return this_cpu().avx512_vnni ? &int16_kernels_avx512_vnni : nullptr;
#endif
  default:
    return nullptr;
  }
}

const int16_kernels& best_int16_kernels() noexcept {
  for (auto isa : {int16_isa::avx512_vnni, int16_isa::avx512, int16_isa::avx2_vnni, int16_isa::avx2})
    if (const auto* found = find_int16_kernels(isa))
      return *found;
  return int16_kernels_portable;
}

} // namespace weft
