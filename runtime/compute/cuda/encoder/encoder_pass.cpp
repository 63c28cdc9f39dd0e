#include "runtime/compute/cuda/encoder/encoder_pass.hpp"

#include "runtime/compute/cuda/base/try.hpp"

namespace weft::cuda {

std::array<encoder_pass::product, 4> encoder_pass::products_of(const encoder_layer_weights& layer,
                                                               uint32_t tokens) const {
  const uint32_t hidden = shape_.hidden, wide = shape_.intermediate;
  const auto& at = buffers_;
  const auto widened = gelu_ == gelu_place::product ? linear_form::gelu : linear_form::bias;
  return {{{{precision_, tokens, 3 * hidden, hidden, linear_form::bias},
            {at.hidden, layer.query_key_value, layer.query_key_value_bias, nullptr, at.query_key_value}},
           {{precision_, tokens, hidden, hidden, linear_form::residual},
            {at.context, layer.attention_output, layer.attention_output_bias, at.hidden, at.other}},
           {{precision_, tokens, wide, hidden, widened},
            {at.other, layer.intermediate, layer.intermediate_bias, nullptr, at.wide}},
           {{precision_, tokens, hidden, wide, linear_form::residual},
            {at.wide, layer.output, layer.output_bias, at.other, at.hidden}}}};
}

status encoder_pass::run(const pass_inputs& inputs, float* out) const {
  WEFT_TRY(kernels_.embed(inputs.ids, inputs.positions, weights_.tables, weights_.embedding_norm, inputs.tokens,
                          buffers_.hidden));
  for (const auto& layer : weights_.layers)
    WEFT_TRY(run_layer(layer, inputs));
  return kernels_.pool(buffers_.hidden, inputs.sequences, inputs.tokens, out);
}

/// hidden → hidden; both halves keep their input until their last product has added it.
status encoder_pass::run_layer(const encoder_layer_weights& layer, const pass_inputs& inputs) const {
  const auto [query_key_value, attention_output, intermediate, output] = products_of(layer, inputs.tokens);
  const auto& at = buffers_;
  WEFT_TRY(products_.run(query_key_value.shape, query_key_value.operands));
  WEFT_TRY(kernels_.attend(at.query_key_value, inputs.sequences, inputs.length, inputs.tokens, at.context));
  WEFT_TRY(products_.run(attention_output.shape, attention_output.operands));
  WEFT_TRY(kernels_.norm(at.other, layer.attention_norm, inputs.tokens));
  WEFT_TRY(products_.run(intermediate.shape, intermediate.operands));
  if (gelu_ == gelu_place::kernel)
    WEFT_TRY(kernels_.gelu(at.wide, inputs.tokens));
  WEFT_TRY(products_.run(output.shape, output.operands));
  return kernels_.norm(at.hidden, layer.output_norm, inputs.tokens);
}

} // namespace weft::cuda
