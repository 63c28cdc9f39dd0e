#include "runtime/points/product_kernel_set.hpp"

namespace weft {

extern const product_kernels product_kernels_avx2;
constinit const product_kernels product_kernels_avx2 = make_product_kernels("avx2");

} // namespace weft
