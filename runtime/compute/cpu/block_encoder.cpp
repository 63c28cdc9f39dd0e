#include "runtime/compute/cpu/block_encoder.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace weft {

size_t block_encoder::capacity(const bert_shape& shape, size_t tokens_best) noexcept {
  return std::max<size_t>(tokens_best, shape.positions);
}

block_encoder::block_encoder(std::shared_ptr<const bert_weights> weights, const vector_kernels& kernels,
                             numeric_class precision, size_t tokens_best, std::unique_ptr<linear_layers> linears)
    : weights_(std::move(weights)), kernels_(kernels), precision_(precision), tokens_best_(tokens_best),
      linears_(std::move(linears)) {
  const auto& shape = weights_->shape;
  const size_t tokens = capacity(shape, tokens_best);
  hidden_ = aligned_array<float>(tokens * shape.hidden);
  other_ = aligned_array<float>(tokens * shape.hidden);
  query_key_value_ = aligned_array<float>(tokens * 3 * shape.hidden);
  context_ = aligned_array<float>(tokens * shape.hidden);
  attention_scratch_ = aligned_array<float>(kernels_.attention_scratch(shape.positions));
}

void block_encoder::encode(packed_tokens batch, std::span<float> out) {
  const size_t sequences = batch.offsets.size() - 1;
  const size_t hidden = weights_->shape.hidden;
  WEFT_ASSERT(out.size() == sequences * hidden);
  for (size_t first = 0; first < sequences;) {
    const auto block = next_block(batch.offsets, first, tokens_best_);
    embed_tokens(*weights_, kernels_, batch, block, hidden_.data());
    for (size_t layer = 0; layer < weights_->layers.size(); ++layer)
      run_layer(layer, batch.offsets, block);
    const uint32_t start = batch.offsets[block.first];
    for (size_t s = block.first; s < block.last; ++s)
      kernels_.mean_rows(hidden_.data() + (batch.offsets[s] - start) * hidden, batch.offsets[s + 1] - batch.offsets[s],
                         hidden, out.data() + s * hidden);
    first = block.last;
  }
}

void block_encoder::run_layer(size_t layer, std::span<const uint32_t> offsets, sequence_block block) {
  const auto& w = weights_->layers[layer];
  const auto& shape = weights_->shape;
  const size_t hidden = shape.hidden;
  const uint32_t start = offsets[block.first];
  const size_t tokens = offsets[block.last] - start;

  linears_->query_key_value(layer, hidden_.data(), tokens, query_key_value_.data());
  for (size_t s = block.first; s < block.last; ++s)
    kernels_.attention_sequence(query_key_value_.data() + (offsets[s] - start) * 3 * hidden,
                                offsets[s + 1] - offsets[s], shape.heads,
                                context_.data() + (offsets[s] - start) * hidden, attention_scratch_.data());
  linears_->attention_output(layer, context_.data(), tokens, other_.data());
  kernels_.add_layer_norm(other_.data(), hidden_.data(), tokens, hidden, w.attention_norm.gamma.data(),
                          w.attention_norm.beta.data(), shape.layer_norm_epsilon);
  linears_->feed_forward(layer, other_.data(), tokens, hidden_.data());
  kernels_.add_layer_norm(hidden_.data(), other_.data(), tokens, hidden, w.output_norm.gamma.data(),
                          w.output_norm.beta.data(), shape.layer_norm_epsilon);
}

} // namespace weft
