#include "runtime/compute/cpu/vector_kernels_table.hpp"

namespace weft {

extern const vector_kernels vector_kernels_portable;
constinit const vector_kernels vector_kernels_portable = make_vector_kernels("portable");

} // namespace weft
