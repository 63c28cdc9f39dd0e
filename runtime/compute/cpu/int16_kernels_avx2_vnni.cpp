#include "runtime/compute/cpu/int16_linear.hpp"

namespace weft {

extern const int16_kernels int16_kernels_avx2_vnni;
constinit const int16_kernels int16_kernels_avx2_vnni = make_int16_kernels("avx2_vnni");

} // namespace weft
