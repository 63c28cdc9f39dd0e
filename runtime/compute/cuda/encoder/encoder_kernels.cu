#include "runtime/compute/cuda/base/launch.hpp"
#include "runtime/compute/cuda/encoder/class_kernels.cuh"
#include "runtime/compute/cuda/encoder/encoder_kernels.hpp"

#include <string>

namespace weft::cuda {

namespace {

/// Starts kernels on a stream.
class stream_launcher {
public:
  stream_launcher(const device_info& device, cudaStream_t order)
      : multiprocessors_(device.multiprocessors), order_(order) {}

  template <class... P, class... A>
  status start(const char* name, void (*kernel)(P...), const kernel_grid& grid, A&&... arguments) const {
    return launch(name, kernel, {grid.blocks, grid.threads, grid.shared_bytes}, order_, std::forward<A>(arguments)...);
  }

  template <class... P> uint32_t blocks_at_once(void (*kernel)(P...), uint32_t threads, size_t shared_bytes) const {
    int blocks = 0;
    // Where it cannot be told one a multiprocessor is right too; the launch itself says what is wrong.
    if (cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel, static_cast<int>(threads), shared_bytes) !=
        cudaSuccess)
      blocks = 1;
    return static_cast<uint32_t>(std::max(1, blocks)) * multiprocessors_;
  }

private:
  uint32_t multiprocessors_;
  cudaStream_t order_;
};

template <class T>
result<std::unique_ptr<encoder_kernels>> make_class(const bert_shape& shape, const device_info& device,
                                                    cudaStream_t order) {
  const size_t shared = attention_of<T>::shared_bytes(shape.positions);
  if (shared > device.shared_bytes_block_max)
    return failure{errc::engine_failed, device.name + " has " + std::to_string(device.shared_bytes_block_max) +
                                            " bytes of shared memory a block, attention over " +
                                            std::to_string(shape.positions) + " tokens needs " +
                                            std::to_string(shared) + "; use fp16 or bf16, or another device"};
  WEFT_TRY(allow_shared_bytes("attention_kernel", attention_of<T>::kernel(), shared));
  return std::unique_ptr<encoder_kernels>(
      std::make_unique<class_kernels<T, stream_launcher>>(shape, stream_launcher(device, order)));
}

} // namespace

status check_shape(const bert_shape& shape) {
  if (shape.heads * head_size != shape.hidden || shape.hidden % (2 * warp_size) != 0 ||
      shape.hidden > norm_hidden_max || shape.intermediate % value_chunk<half_value>::size != 0)
    return failure{errc::engine_failed, "the CUDA kernels take hidden sizes that are multiples of 64 up to 1024, with "
                                        "heads of 32 values, and intermediate sizes that are multiples of 8"};
  return ok;
}

result<std::unique_ptr<encoder_kernels>> make_encoder_kernels(numeric_class precision, const bert_shape& shape,
                                                              const device_info& device, stream_handle order) {
  WEFT_TRY(check_shape(shape));
  switch (precision) {
  case numeric_class::fp32:
    return make_class<float>(shape, device, order);
  case numeric_class::fp16:
    return make_class<half_value>(shape, device, order);
  case numeric_class::bf16:
    return make_class<bfloat_value>(shape, device, order);
  case numeric_class::int16:
    break;
  }
  return failure{errc::engine_failed, "class int16 runs on CPUs only; devices have fp16, bf16 and fp32"};
}

} // namespace weft::cuda
