#include "runtime/compute/cpu/vector_kernels_table.hpp"

namespace weft {

extern const vector_kernels vector_kernels_avx512;
constinit const vector_kernels vector_kernels_avx512 = make_vector_kernels("avx512");

} // namespace weft
