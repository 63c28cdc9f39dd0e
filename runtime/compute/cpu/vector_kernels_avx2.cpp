#include "runtime/compute/cpu/vector_kernels_table.hpp"

namespace weft {

extern const vector_kernels vector_kernels_avx2;
constinit const vector_kernels vector_kernels_avx2 = make_vector_kernels("avx2");

} // namespace weft
