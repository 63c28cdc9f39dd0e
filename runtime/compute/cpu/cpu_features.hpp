#pragma once

namespace weft {

/// What kernels here need to know about the CPU; a feature counts only when the operating system saves its registers.
struct cpu_features {
  bool avx2_fma = false;
  bool avx2_vnni = false;   ///< the 256-bit form, of CPUs without AVX-512
  bool avx512 = false;      ///< F, BW, DQ and VL
  bool avx512_vnni = false; ///< with avx512
  bool amx_bf16 =
      false; ///< with avx512 and its bf16 part, and the operating system has permitted tile data to this process
};

/// The CPU that this process runs on, asked once. Thread-safe.
const cpu_features& this_cpu() noexcept;

} // namespace weft
