#include "runtime/points/product_kernel_set.hpp"

namespace weft {

extern const product_kernels product_kernels_avx512_vnni;
constinit const product_kernels product_kernels_avx512_vnni = make_product_kernels("avx512_vnni");

} // namespace weft
