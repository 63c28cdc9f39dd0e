#pragma once

#include "runtime/base/result.hpp"

#include <cstddef>

/// cudaStream_t without the toolkit's headers, so that what only passes it on is tested without them.
struct CUstream_st;

namespace weft::cuda {

using stream_handle = CUstream_st*;

/// Where a device_pool gets memory: a device, or the heap in tests. Both calls are in the order of the stream: memory
/// may be used by work that is queued there after allocate() and before release().
class memory_source {
public:
  virtual ~memory_source() = default;
  /// Aligned to 256 bytes. errc::overloaded: there is no more.
  virtual result<void*> allocate(size_t bytes, stream_handle order) = 0;
  virtual void release(void* memory, stream_handle order) noexcept = 0;
};

} // namespace weft::cuda
