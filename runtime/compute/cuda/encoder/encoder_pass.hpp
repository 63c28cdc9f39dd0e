#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compute/cuda/encoder/encoder_kernels.hpp"
#include "runtime/compute/cuda/encoder/encoder_weights.hpp"
#include "runtime/compute/cuda/encoder/linear_shape.hpp"
#include "runtime/compute/model/bert_weights.hpp"

#include <array>

namespace weft::cuda {

/// Matrices that a pass overwrites, in the encoder's class.
struct pass_buffers {
  void* hidden;          ///< [tokens, hidden]
  void* other;           ///< [tokens, hidden]
  void* context;         ///< [tokens, hidden]
  void* query_key_value; ///< [tokens, 3·hidden]
  void* wide;            ///< [tokens, intermediate]
};

struct pass_inputs {
  uint32_t tokens; ///< with padding
  uint32_t length; ///< no sequence is longer
  const int32_t* ids;
  const uint32_t* positions;
  sequence_list sequences;
};

/// Where GELU is computed.
enum class gelu_place : uint8_t {
  product, ///< by the product before it, in the tanh form: one reading and writing of the widest matrix less
  kernel,  ///< by a kernel of its own, in the erf form
};

/// In the product, but for fp32: its results agree with others to 1e-5, and the tanh form is up to 4.7e-4 off.
constexpr gelu_place usual_gelu(numeric_class precision) noexcept {
  return precision == numeric_class::fp32 ? gelu_place::kernel : gelu_place::product;
}

/// The encoder as a sequence of kernels and products, queued in order: a batch goes from ids to vectors. Knows neither
/// device nor toolkit. REQUIRES: what the arguments point to outlives the work that is queued.
class encoder_pass {
public:
  encoder_pass(const bert_shape& shape, numeric_class precision, gelu_place gelu, const encoder_weights& weights,
               const encoder_kernels& kernels, linear_runner& products, const pass_buffers& buffers)
      : shape_(shape), precision_(precision), gelu_(gelu), weights_(weights), kernels_(kernels), products_(products),
        buffers_(buffers) {}

  /// out: [sequences, hidden], fp32.
  status run(const pass_inputs& inputs, float* out) const;

  /// One product, with the weights of the first layer: what is measured for a plan.
  struct product {
    linear_shape shape;
    linear_operands operands;
  };
  /// The four products of a layer with `tokens` tokens.
  std::array<product, 4> products_of(const encoder_layer_weights& layer, uint32_t tokens) const;

private:
  status run_layer(const encoder_layer_weights& layer, const pass_inputs& inputs) const;

  const bert_shape& shape_;
  numeric_class precision_;
  gelu_place gelu_;
  const encoder_weights& weights_;
  const encoder_kernels& kernels_;
  linear_runner& products_;
  pass_buffers buffers_;
};

} // namespace weft::cuda
