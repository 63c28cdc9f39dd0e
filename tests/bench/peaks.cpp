#include "tests/bench/peaks.hpp"

#include "runtime/compute/cpu/cpu_features.hpp"
#include "tests/bench/peak_loops.hpp"

namespace weft::bench {

std::optional<peak_loop> find_peak(numeric_class precision) {
#if defined(WEFT_X86_KERNELS)
  const auto& cpu = this_cpu();
  switch (precision) {
  case numeric_class::fp32:
    if (cpu.avx512)
      return peak_loop{"fma avx512", run_fma_avx512};
    if (cpu.avx2_fma)
      return peak_loop{"fma avx2", run_fma_avx2};
    break;
  case numeric_class::int16:
    if (cpu.avx512_vnni)
      return peak_loop{"dot16 avx512-vnni", run_dot_avx512_vnni};
    if (cpu.avx512)
      return peak_loop{"madd16 avx512", run_madd_avx512};
    if (cpu.avx2_fma)
      return peak_loop{"madd16 avx2", run_madd_avx2};
    break;
  case numeric_class::bf16:
    if (cpu.amx_bf16)
      return peak_loop{"tiles amx-bf16", run_tiles_amx_bf16};
    break;
  case numeric_class::fp16: // a device's class
    break;
  }
#endif
  (void)precision;
  return std::nullopt;
}

} // namespace weft::bench
