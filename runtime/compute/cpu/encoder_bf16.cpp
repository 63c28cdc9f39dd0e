#include "runtime/compute/cpu/encoder_bf16.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/cpu/aligned_array.hpp"
#include "runtime/compute/cpu/embedding.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace weft {

namespace {

/// Columns of the intermediate layer that are computed and used up together: their weights' panels and the block's
/// activations stay in the caches.
constexpr size_t feed_forward_columns = 384;

/// Tokens that go through all layers together: 1.6 MB of activations, inside the 2 MB second-level cache of CPUs with
/// AMX.
constexpr size_t block_tokens_best = 256;

/// One layer's weights in panels.
struct bf16_layer {
  aligned_array<uint16_t> query_key_value;
  std::vector<float> query_key_value_bias;
  aligned_array<uint16_t> attention_output;
  aligned_array<uint16_t> intermediate;
  /// Panels of `output` for each chunk of feed_forward_columns inputs, one chunk after the other.
  aligned_array<uint16_t> output;

  bf16_layer(const bert_layer_weights& w, const bert_shape& shape, const bf16_kernels& kernels)
      : query_key_value(3 * size_t{shape.hidden} * shape.hidden), attention_output(size_t{shape.hidden} * shape.hidden),
        intermediate(size_t{shape.hidden} * shape.intermediate), output(size_t{shape.hidden} * shape.intermediate) {
    const size_t hidden = shape.hidden;
    const size_t wide = shape.intermediate;
    uint16_t* to = query_key_value.data();
    for (const auto* part : {&w.query, &w.key, &w.value}) {
      kernels.pack(part->weight.data(), hidden, hidden, hidden, to);
      to += hidden * hidden;
      query_key_value_bias.insert(query_key_value_bias.end(), part->bias.begin(), part->bias.end());
    }
    kernels.pack(w.attention_output.weight.data(), hidden, hidden, hidden, attention_output.data());
    kernels.pack(w.intermediate.weight.data(), hidden, wide, hidden, intermediate.data());
    for (size_t column = 0; column < wide; column += feed_forward_columns)
      kernels.pack(w.output.weight.data() + column, wide, hidden, std::min(feed_forward_columns, wide - column),
                   output.data() + column * hidden);
  }
};

using bf16_layers = std::vector<bf16_layer>;

/// All layers in bf16 with fp32 sums; the hidden rows stay in fp32 beside their bf16 form, so that rounding does not
/// pile up along the residual way. A text's numbers do not depend on its block: rows never meet.
class bf16_encoder final : public cpu_encoder {
public:
  bf16_encoder(std::shared_ptr<const bert_weights> weights, std::shared_ptr<const bf16_layers> layers,
               const bf16_kernels& kernels, const vector_kernels& others)
      : weights_(std::move(weights)), layers_(std::move(layers)), kernels_(kernels), others_(others) {
    const auto& shape = weights_->shape;
    // A block of 32 query rows may begin at the last token.
    const size_t rows = bf16_rows(std::max<size_t>(block_tokens_best, shape.positions)) + 32;
    const auto zeros = [](auto& array, size_t size) {
      array = std::remove_reference_t<decltype(array)>(size);
      std::fill_n(array.data(), size, 0);
    };
    zeros(hidden_, rows * shape.hidden);
    zeros(narrow_, rows * shape.hidden);
    zeros(query_key_value_, rows * 3 * shape.hidden);
    zeros(context_, rows * shape.hidden);
    zeros(intermediate_, rows * feed_forward_columns);
    zeros(scratch_, bf16_attention_scratch(shape.positions));
  }

  numeric_class precision() const noexcept override { return numeric_class::bf16; }

  void encode(packed_tokens batch, std::span<float> out) override {
    const size_t sequences = batch.offsets.size() - 1;
    const size_t hidden = weights_->shape.hidden;
    WEFT_ASSERT(out.size() == sequences * hidden);
    for (size_t first = 0; first < sequences;) {
      const auto block = next_block(batch.offsets, first, block_tokens_best);
      const uint32_t start = batch.offsets[block.first];
      const size_t tokens = batch.offsets[block.last] - start;
      embed_tokens(*weights_, others_, batch, block, hidden_.data());
      kernels_.round(hidden_.data(), tokens * hidden, narrow_.data());
      kernels_.begin();
      for (size_t layer = 0; layer < layers_->size(); ++layer)
        run_layer(layer, batch.offsets, block);
      kernels_.end();
      for (size_t s = block.first; s < block.last; ++s)
        others_.mean_rows(hidden_.data() + (batch.offsets[s] - start) * hidden, batch.offsets[s + 1] - batch.offsets[s],
                          hidden, out.data() + s * hidden);
      first = block.last;
    }
  }

private:
  void run_layer(size_t index, std::span<const uint32_t> offsets, sequence_block block) {
    const auto& w = weights_->layers[index];
    const auto& p = (*layers_)[index];
    const auto& shape = weights_->shape;
    const size_t hidden = shape.hidden;
    const uint32_t start = offsets[block.first];
    const size_t tokens = offsets[block.last] - start;
    bf16_product product{.a = narrow_.data(), .a_stride = hidden, .m = tokens, .k = hidden};

    product.panels = p.query_key_value.data();
    product.n = 3 * hidden;
    product.bias = p.query_key_value_bias.data();
    kernels_.linear_bias(product, query_key_value_.data(), 3 * hidden);
    for (size_t s = block.first; s < block.last; ++s)
      kernels_.attention(query_key_value_.data() + (offsets[s] - start) * 3 * hidden, offsets[s + 1] - offsets[s],
                         shape.heads, context_.data() + (offsets[s] - start) * hidden, scratch_.data());
    product.a = context_.data();
    product.panels = p.attention_output.data();
    product.n = hidden;
    kernels_.linear_add(product, hidden_.data(), hidden);
    kernels_.bias_layer_norm(hidden_.data(), narrow_.data(), tokens, hidden, w.attention_output.bias.data(),
                             w.attention_norm, shape.layer_norm_epsilon);
    feed_forward(w, p, tokens);
    kernels_.bias_layer_norm(hidden_.data(), narrow_.data(), tokens, hidden, w.output.bias.data(), w.output_norm,
                             shape.layer_norm_epsilon);
  }

  void feed_forward(const bert_layer_weights& w, const bf16_layer& p, size_t tokens) {
    const size_t hidden = weights_->shape.hidden;
    const size_t wide = weights_->shape.intermediate;
    for (size_t column = 0; column < wide; column += feed_forward_columns) {
      const size_t columns = std::min(feed_forward_columns, wide - column);
      kernels_.linear_gelu({.a = narrow_.data(),
                            .a_stride = hidden,
                            .m = tokens,
                            .panels = p.intermediate.data() + column * hidden,
                            .n = columns,
                            .k = hidden,
                            .bias = w.intermediate.bias.data() + column},
                           intermediate_.data(), columns);
      kernels_.linear_add({.a = intermediate_.data(),
                           .a_stride = columns,
                           .m = tokens,
                           .panels = p.output.data() + column * hidden,
                           .n = hidden,
                           .k = columns},
                          hidden_.data(), hidden);
    }
  }

  std::shared_ptr<const bert_weights> weights_;
  std::shared_ptr<const bf16_layers> layers_;
  const bf16_kernels& kernels_;
  const vector_kernels& others_;
  aligned_array<float> hidden_;             ///< [rows, hidden]
  aligned_array<uint16_t> narrow_;          ///< the same in bf16
  aligned_array<uint16_t> query_key_value_; ///< [rows, 3·hidden]
  aligned_array<uint16_t> context_;         ///< [rows, hidden]
  aligned_array<uint16_t> intermediate_;    ///< [rows, feed_forward_columns]
  aligned_array<unsigned char> scratch_;
};

class bf16_factory final : public cpu_encoder_factory {
public:
  bf16_factory(std::shared_ptr<const bert_weights> weights, const bf16_kernels& kernels, const vector_kernels& others)
      : weights_(std::move(weights)), kernels_(kernels), others_(others) {
    auto packed = std::make_shared<bf16_layers>();
    for (const auto& layer : weights_->layers)
      packed->emplace_back(layer, weights_->shape, kernels);
    layers_ = std::move(packed);
  }

  numeric_class precision() const noexcept override { return numeric_class::bf16; }

  std::unique_ptr<cpu_encoder> make() const override {
    return std::make_unique<bf16_encoder>(weights_, layers_, kernels_, others_);
  }

private:
  std::shared_ptr<const bert_weights> weights_;
  const bf16_kernels& kernels_;
  const vector_kernels& others_;
  std::shared_ptr<const bf16_layers> layers_;
};

} // namespace

cpu_encoder_factory_ptr make_bf16_encoder_factory(std::shared_ptr<const bert_weights> weights,
                                                  const bf16_kernels& kernels, const vector_kernels& others) {
  return std::make_shared<bf16_factory>(std::move(weights), kernels, others);
}

cpu_encoder_factory_ptr make_bf16_encoder_factory(std::shared_ptr<const bert_weights> weights) {
  const auto* kernels = find_amx_bf16_kernels();
  WEFT_ASSERT(kernels != nullptr);
  return make_bf16_encoder_factory(std::move(weights), *kernels, best_vector_kernels());
}

} // namespace weft
