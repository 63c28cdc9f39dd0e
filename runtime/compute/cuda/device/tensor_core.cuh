#pragma once

// Matrix products and loads of one warp; all 32 lanes call them together. Fragments are laid out as in the PTX ISA,
// mma.m16n8k16 and .m16n8k32: with g = lane / 4 and t = lane % 4, register 0 of A holds row g and from column
// t · values on, register 1 row g + 8, registers 2 and 3 the same rows half of k further; register 0 of B holds column
// g from row t · values on, register 1 half of k further; sums are (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1).
// A register holds `values`: 4 of 8 bits or 2 of 16 bits, the first in its lowest bits. compute_80 and later.

#include "runtime/compute/cuda/base/kernel_language.hpp"

#if defined(__CUDACC__)

namespace weft::cuda {

/// sums += A · B, 16 × 32 by 32 × 8 signed bytes, exact (it wraps).
__device__ __forceinline__ void mma_int8(int32_t (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
               "{%0, %1, %2, %3};"
               : "+r"(sums[0]), "+r"(sums[1]), "+r"(sums[2]), "+r"(sums[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/// sums += A · B, 16 × 16 by 16 × 8 values of IEEE half precision, summed in fp32.
__device__ __forceinline__ void mma_half(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
               "{%0, %1, %2, %3};"
               : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/// The same for bf16.
__device__ __forceinline__ void mma_bfloat16(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
               "{%0, %1, %2, %3};"
               : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/// Four matrices of 8 rows of 16 bytes from shared memory: lane i names row i % 8 of matrix i / 8, and gets 4 bytes of
/// row lane / 4 of each, from byte lane % 4 · 4 on. REQUIRES: row is a multiple of 16.
__device__ __forceinline__ void load_matrices(uint32_t (&out)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
               : "r"(static_cast<uint32_t>(__cvta_generic_to_shared(row)))
               : "memory");
}

/// The same with the 8 × 8 values of 16 bits of each matrix transposed.
__device__ __forceinline__ void load_matrices_transposed(uint32_t (&out)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
               : "r"(static_cast<uint32_t>(__cvta_generic_to_shared(row)))
               : "memory");
}

} // namespace weft::cuda

#endif
