#include "runtime/compute/cpu/bf16_kernels_table.hpp"
#include "runtime/compute/cpu/bf16_tiles_amx.hpp"

namespace weft {

extern const bf16_kernels bf16_kernels_amx;
constinit const bf16_kernels bf16_kernels_amx = make_bf16_kernels<bf16_tiles_amx>("amx");

} // namespace weft
