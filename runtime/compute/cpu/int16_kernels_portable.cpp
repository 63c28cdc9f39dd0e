#include "runtime/compute/cpu/int16_linear.hpp"

namespace weft {

extern const int16_kernels int16_kernels_portable;
constinit const int16_kernels int16_kernels_portable = make_int16_kernels("portable");

} // namespace weft
