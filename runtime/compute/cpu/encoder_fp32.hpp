#pragma once

#include "runtime/compute/cpu/encoder.hpp"
#include "runtime/compute/cpu/vector_kernels.hpp"

namespace weft {

/// fp32 encoders on our own kernels of one instruction set.
cpu_encoder_factory_ptr make_fp32_vector_factory(std::shared_ptr<const bert_weights> weights,
                                                 const vector_kernels& kernels);

/// fp32 encoders whose linear layers are oneDNN's; null where the build has no oneDNN. Link weft::cpu_onednn.
/// A text's vector depends a little (cosine ≥ 0.99999) on the batch: oneDNN sums in another order for other shapes.
cpu_encoder_factory_ptr make_fp32_onednn_factory(std::shared_ptr<const bert_weights> weights);

} // namespace weft
