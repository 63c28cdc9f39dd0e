#include "runtime/compute/cuda/base/device_memory.hpp"

#include "runtime/compute/cuda/base/cuda_error.hpp"

#include <cstdint>

namespace weft::cuda {

namespace {

class stream_ordered_memory final : public memory_source {
public:
  explicit stream_ordered_memory(cudaMemPool_t pool) : pool_(pool) {}
  stream_ordered_memory(const stream_ordered_memory&) = delete;
  stream_ordered_memory& operator=(const stream_ordered_memory&) = delete;
  ~stream_ordered_memory() override { cudaMemPoolDestroy(pool_); }

  result<void*> allocate(size_t bytes, stream_handle order) override {
    void* out = nullptr;
    WEFT_CUDA_TRY(cudaMallocFromPoolAsync(&out, bytes, pool_, order));
    return out;
  }

  void release(void* memory, stream_handle order) noexcept override {
    cudaFreeAsync(memory, order); // fails only where the device is lost: then its memory is gone with it
  }

private:
  cudaMemPool_t pool_;
};

/// cudaFree() waits for all work of the device: memory is out of use in the order of any stream then.
class plain_memory final : public memory_source {
public:
  explicit plain_memory(int device) : device_(device) {}

  result<void*> allocate(size_t bytes, stream_handle) override {
    WEFT_CUDA_TRY(cudaSetDevice(device_));
    void* out = nullptr;
    WEFT_CUDA_TRY(cudaMalloc(&out, bytes));
    return out;
  }
  void release(void* memory, stream_handle) noexcept override { cudaFree(memory); }

private:
  const int device_;
};

} // namespace

result<std::unique_ptr<memory_source>> make_device_memory(int device, size_t bytes_kept_max) {
  int has_pools = 0;
  WEFT_CUDA_TRY(cudaDeviceGetAttribute(&has_pools, cudaDevAttrMemoryPoolsSupported, device));
  if (!has_pools)
    return std::unique_ptr<memory_source>(std::make_unique<plain_memory>(device));
  cudaMemPoolProps properties{};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.handleTypes = cudaMemHandleTypeNone;
  properties.location = {.type = cudaMemLocationTypeDevice, .id = device};
  cudaMemPool_t pool = nullptr;
  WEFT_CUDA_TRY(cudaMemPoolCreate(&pool, &properties));
  auto out = std::make_unique<stream_ordered_memory>(pool);
  uint64_t kept = bytes_kept_max;
  WEFT_CUDA_TRY(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &kept));
  return std::unique_ptr<memory_source>(std::move(out));
}

result<pinned_buffer> pinned_buffer::make(size_t bytes) {
  pinned_buffer out;
  if (bytes == 0)
    return out;
  WEFT_CUDA_TRY(cudaHostAlloc(&out.data_, bytes, cudaHostAllocDefault));
  out.bytes_ = bytes;
  return out;
}

pinned_buffer::~pinned_buffer() {
  if (data_)
    cudaFreeHost(data_);
}

} // namespace weft::cuda
