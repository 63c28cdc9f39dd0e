#include "runtime/compute/cpu/int16_linear.hpp"

namespace weft {

extern const int16_kernels int16_kernels_avx2;
constinit const int16_kernels int16_kernels_avx2 = make_int16_kernels("avx2");

} // namespace weft
