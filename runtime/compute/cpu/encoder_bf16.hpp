#pragma once

#include "runtime/compute/cpu/bf16_kernels.hpp"
#include "runtime/compute/cpu/encoder.hpp"
#include "runtime/compute/cpu/vector_kernels.hpp"

namespace weft {

/// bf16 encoders on chosen kernels: `kernels` do the layers, `others` the embedding and the mean.
cpu_encoder_factory_ptr make_bf16_encoder_factory(std::shared_ptr<const bert_weights> weights,
                                                  const bf16_kernels& kernels, const vector_kernels& others);

} // namespace weft
