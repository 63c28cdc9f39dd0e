#include "runtime/compute/cpu/int16_linear.hpp"

namespace weft {

extern const int16_kernels int16_kernels_avx512;
constinit const int16_kernels int16_kernels_avx512 = make_int16_kernels("avx512");

} // namespace weft
