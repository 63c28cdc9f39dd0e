#include "runtime/points/product_kernel_set.hpp"

namespace weft {

extern const product_kernels product_kernels_portable;
constinit const product_kernels product_kernels_portable = make_product_kernels("portable");

} // namespace weft
