#pragma once

#include "runtime/compute/cpu/encoder.hpp"
#include "runtime/compute/cpu/int16_kernels.hpp"
#include "runtime/compute/cpu/vector_kernels.hpp"

namespace weft {

/// int16 encoders on the kernels of chosen instruction sets: `linears` multiply, `others` do the rest in fp32.
cpu_encoder_factory_ptr make_int16_encoder_factory(std::shared_ptr<const bert_weights> weights,
                                                   const int16_kernels& linears, const vector_kernels& others);

} // namespace weft
