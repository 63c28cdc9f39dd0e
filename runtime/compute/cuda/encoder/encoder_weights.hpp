#pragma once

#include "runtime/compute/cuda/encoder/kernel_arguments.hpp"

#include <vector>

namespace weft::cuda {

/// The weights of one layer on the device. Matrices [outputs, inputs] and the bias that a product adds are in the
/// encoder's class; what our kernels add is fp32.
struct encoder_layer_weights {
  const void* query_key_value;      ///< [3·hidden, hidden]
  const void* query_key_value_bias; ///< [3·hidden]
  const void* attention_output;     ///< [hidden, hidden]
  const float* attention_output_bias;
  norm_parameters attention_norm;
  const void* intermediate; ///< [intermediate, hidden]
  const float* intermediate_bias;
  const void* output; ///< [hidden, intermediate]
  const float* output_bias;
  norm_parameters output_norm;
};

struct encoder_weights {
  embedding_tables tables;
  norm_parameters embedding_norm;
  std::vector<encoder_layer_weights> layers;
};

} // namespace weft::cuda
