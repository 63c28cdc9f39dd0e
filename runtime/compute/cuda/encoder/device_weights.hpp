#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compute/cuda/base/device_pool.hpp"
#include "runtime/compute/cuda/base/stream.hpp"
#include "runtime/compute/cuda/encoder/encoder_weights.hpp"
#include "runtime/compute/model/bert_weights.hpp"
#include "runtime/job/numeric_class.hpp"

#include <cstddef>

namespace weft::cuda {

/// All weights of a model in one piece of device memory.
struct device_weights {
  device_buffer memory;
  encoder_weights views;
};

/// Bytes of device memory that upload_weights() takes.
size_t device_weights_bytes(const bert_shape& shape, numeric_class precision);

/// Converts (round to nearest even) and copies. Returns when the copies are done. errc::overloaded: they do not fit.
/// REQUIRES: precision is fp32, fp16 or bf16.
result<device_weights> upload_weights(const bert_weights& weights, numeric_class precision, device_pool& pool,
                                      const stream& order);

} // namespace weft::cuda
