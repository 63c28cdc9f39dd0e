#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compute/cuda/base/device_info.hpp"
#include "runtime/compute/cuda/base/memory_source.hpp"
#include "runtime/compute/cuda/encoder/kernel_arguments.hpp"
#include "runtime/compute/model/bert_weights.hpp"
#include "runtime/job/numeric_class.hpp"

#include <cstdint>
#include <memory>

namespace weft::cuda {

/// Our kernels in one numeric class, started in one order; matrices of the class go as void*. Each call queues one
/// kernel and can be captured into a graph. What each computes stands with its kernel.
class encoder_kernels {
public:
  virtual ~encoder_kernels() = default;

  /// Bytes of one value of the class.
  virtual uint32_t value_bytes() const noexcept = 0;
  /// embedding.cuh: out [tokens, hidden].
  virtual status embed(const int32_t* ids, const uint32_t* positions, const embedding_tables& tables,
                       const norm_parameters& norm, uint32_t tokens, void* out) const = 0;
  /// attention_half.cuh, attention_fp32.cuh, for sequences of up to `length` tokens (at most the model's positions).
  /// `tokens` bounds the sequences.
  virtual status attend(const void* qkv, const sequence_list& sequences, uint32_t length, uint32_t tokens,
                        void* out) const = 0;
  /// layer_norm.cuh, [tokens, hidden] in place.
  virtual status norm(void* x, const norm_parameters& how, uint32_t tokens) const = 0;
  /// gelu.cuh, [tokens, intermediate] in place.
  virtual status gelu(void* x, uint32_t tokens) const = 0;
  /// pooling.cuh; `tokens` bounds the sequences.
  virtual status pool(const void* x, const sequence_list& sequences, uint32_t tokens, float* out) const = 0;
};

/// Whether the kernels know these sizes: errc::engine_failed where they do not.
status check_shape(const bert_shape& shape);

/// On a device, in the order of a stream. Fails with errc::engine_failed: no kernels for the class, the device has too
/// little shared memory for the model's longest sequence, or check_shape().
result<std::unique_ptr<encoder_kernels>> make_encoder_kernels(numeric_class precision, const bert_shape& shape,
                                                              const device_info& device, stream_handle order);

} // namespace weft::cuda
