#include "runtime/points/product_kernel_set.hpp"

namespace weft {

extern const product_kernels product_kernels_avx512;
constinit const product_kernels product_kernels_avx512 = make_product_kernels("avx512");

} // namespace weft
