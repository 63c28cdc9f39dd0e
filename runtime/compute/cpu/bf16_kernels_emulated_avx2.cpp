#include "runtime/compute/cpu/bf16_kernels_table.hpp"
#include "runtime/compute/cpu/bf16_tiles_emulated.hpp"

namespace weft {

extern const bf16_kernels bf16_kernels_emulated_avx2;
constinit const bf16_kernels bf16_kernels_emulated_avx2 = make_bf16_kernels<bf16_tiles_emulated>("emulated avx2");

} // namespace weft
