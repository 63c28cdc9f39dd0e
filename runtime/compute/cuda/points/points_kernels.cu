#include "runtime/compute/cuda/base/launch.hpp"
#include "runtime/compute/cuda/points/assign_kernel.cuh"
#include "runtime/compute/cuda/points/largest_kernel.cuh"
#include "runtime/compute/cuda/points/leaders_kernel.cuh"
#include "runtime/compute/cuda/points/lengths_kernel.cuh"
#include "runtime/compute/cuda/points/move_sums_kernel.cuh"
#include "runtime/compute/cuda/points/near_pairs_kernel.cuh"
#include "runtime/compute/cuda/points/pack_kernel.cuh"
#include "runtime/compute/cuda/points/points_kernels.hpp"
#include "runtime/compute/cuda/points/select_top_kernel.cuh"
#include "runtime/compute/cuda/points/similarity_kernel.cuh"
#include "runtime/compute/cuda/points/sum_squares_kernel.cuh"
#include "runtime/compute/cuda/points/update_centroids_kernel.cuh"

namespace weft::cuda {

namespace {

constexpr size_t shared_bytes_usual = 48 * 1'024; ///< what a kernel may have without asking

template <class Arguments>
status start_kernel(const char* name, void (*kernel)(Arguments), const Arguments& arguments, const stream& order) {
  const kernel_shape shape = shape_of(arguments);
  if (shape.shared_bytes > shared_bytes_usual)
    WEFT_TRY(allow_shared_bytes(name, kernel, shape.shared_bytes));
  return launch(name, kernel, {dim3(shape.blocks), dim3(shape.threads), shape.shared_bytes}, order.get(), arguments);
}

} // namespace

status start(const assign_arguments& arguments, const stream& order) {
  return start_kernel("assign", assign_kernel, arguments, order);
}

status start(const move_arguments& arguments, const stream& order) {
  return start_kernel("move_sums", move_sums_kernel, arguments, order);
}

status start(const squares_arguments& arguments, const stream& order) {
  return start_kernel("sum_squares", sum_squares_kernel, arguments, order);
}

status start(const update_arguments& arguments, const stream& order) {
  return start_kernel("update_centroids", update_centroids_kernel, arguments, order);
}

status start(const similarity_arguments& arguments, const stream& order) {
  return start_kernel("similarity", similarity_kernel, arguments, order);
}

status start(const lengths_arguments& arguments, const stream& order) {
  return start_kernel("lengths", lengths_kernel, arguments, order);
}

status start(const near_pairs_arguments& arguments, const stream& order) {
  return start_kernel("near_pairs", near_pairs_kernel, arguments, order);
}

status start(const leaders_arguments& arguments, const stream& order) {
  return start_kernel("leaders", leaders_kernel, arguments, order);
}

status start(const top_arguments& arguments, const stream& order) {
  return start_kernel("select_top", select_top_kernel, arguments, order);
}

status start(const largest_arguments& arguments, const stream& order) {
  return start_kernel("largest", largest_kernel, arguments, order);
}

status start(row_code code, const pack_arguments& arguments, const stream& order) {
  return with_pack_kernel(code, arguments.dimensions,
                          [&](auto* kernel) { return start_kernel("pack", kernel, arguments, order); });
}

} // namespace weft::cuda
