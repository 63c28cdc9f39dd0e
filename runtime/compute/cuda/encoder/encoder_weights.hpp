#pragma once

#include "runtime/compute/cuda/encoder/kernel_arguments.hpp"

#include <vector>

namespace weft::cuda {

/// The weights of one layer on the device. Matrices [outputs, inputs] and biases, which products add, are in the
/// encoder's class; what our kernels read is fp32.
struct encoder_layer_weights {
  const void* query_key_value;       ///< [3·hidden, hidden]
  const void* query_key_value_bias;  ///< [3·hidden]
  const void* attention_output;      ///< [hidden, hidden]
  const void* attention_output_bias; ///< [hidden]
  norm_parameters attention_norm;
  const void* intermediate;      ///< [intermediate, hidden]
  const void* intermediate_bias; ///< [intermediate]
  const void* output;            ///< [hidden, intermediate]
  const void* output_bias;       ///< [hidden]
  norm_parameters output_norm;
};

struct encoder_weights {
  embedding_tables tables;
  norm_parameters embedding_norm;
  std::vector<encoder_layer_weights> layers;
};

} // namespace weft::cuda
