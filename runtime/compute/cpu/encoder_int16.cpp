#include "runtime/compute/cpu/encoder_int16.hpp"

#include "runtime/compute/cpu/aligned_array.hpp"
#include "runtime/compute/cpu/block_encoder.hpp"
#include "runtime/compute/cpu/int16_quantize.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace weft {

namespace {

/// Columns of the intermediate layer that are computed, quantised and used up together: what a row quantises with one
/// scale, and [block, 384] stays in the second-level cache.
constexpr size_t feed_forward_columns = 384;

/// Tokens that go through all layers together: more activations than the second-level cache holds, since every block
/// streams all weights through the first-level cache. Measured on Zen 3 against 128: about 3 % more texts of 32 tokens
/// a second, no difference beyond the noise at 128 and 256 tokens.
constexpr size_t block_tokens_best = 512;

/// One matrix in panels, with the scale of each of its columns.
struct int16_matrix {
  aligned_array<int16_t> panels;
  std::vector<float> scales; ///< [n]
};

/// Quantises and packs weights [n, k] with row stride `stride`; `parts` lie one after the other in the output.
int16_matrix pack(const int16_kernels& kernels, std::span<const std::span<const float>> parts, size_t stride,
                  size_t k) {
  size_t n = 0;
  for (const auto& part : parts)
    n += part.size() / stride;
  int16_matrix m{aligned_array<int16_t>(n * k), std::vector<float>(n)};
  std::vector<int16_t> q(n * k);
  size_t column = 0;
  for (const auto& part : parts)
    for (size_t j = 0; j < part.size() / stride; ++j, ++column)
      m.scales[column] = quantize_column({part.data() + j * stride, k}, {q.data() + column * k, k});
  kernels.pack(q.data(), n, k, m.panels.data());
  return m;
}

/// All linear layers of a model. Packed once, then only read.
struct int16_layer {
  int16_layer(const bert_layer_weights& w, const bert_shape& shape, const int16_kernels& kernels) {
    const size_t hidden = shape.hidden;
    const std::span<const float> three[] = {w.query.weight, w.key.weight, w.value.weight};
    query_key_value = pack(kernels, three, hidden, hidden);
    for (const auto* part : {&w.query, &w.key, &w.value})
      query_key_value_bias.insert(query_key_value_bias.end(), part->bias.begin(), part->bias.end());
    const std::span<const float> one[] = {w.attention_output.weight};
    attention_output = pack(kernels, one, hidden, hidden);
    for (size_t column = 0; column < shape.intermediate; column += feed_forward_columns) {
      const size_t columns = std::min<size_t>(feed_forward_columns, shape.intermediate - column);
      const std::span<const float> rows[] = {w.intermediate.weight.subspan(column * hidden, columns * hidden)};
      intermediate.push_back(pack(kernels, rows, hidden, hidden));
      // A row of `output` begins `column` further on; the last one is cut so that it still counts as a whole row.
      std::vector<float> chunk(hidden * columns);
      for (size_t row = 0; row < hidden; ++row)
        std::copy_n(w.output.weight.data() + row * shape.intermediate + column, columns, chunk.data() + row * columns);
      const std::span<const float> chunks[] = {chunk};
      output.push_back(pack(kernels, chunks, columns, columns));
    }
  }

  int16_matrix query_key_value;
  std::vector<float> query_key_value_bias;
  int16_matrix attention_output;
  std::vector<int16_matrix> intermediate; ///< one for each feed_forward_columns of its output
  std::vector<int16_matrix> output;       ///< one for each feed_forward_columns of its input
};

using int16_layers = std::vector<int16_layer>;

class int16_linear_layers final : public linear_layers {
public:
  int16_linear_layers(std::shared_ptr<const bert_weights> weights, std::shared_ptr<const int16_layers> packed,
                      const int16_kernels& kernels, size_t tokens_max)
      : weights_(std::move(weights)), packed_(std::move(packed)), kernels_(kernels),
        rows_(tokens_max * weights_->shape.hidden), row_scales_(tokens_max),
        intermediate_(tokens_max * feed_forward_columns), intermediate_rows_(tokens_max * feed_forward_columns),
        intermediate_scales_(tokens_max) {}

  void query_key_value(size_t layer, const float* x, size_t tokens, float* out) override {
    const auto& p = (*packed_)[layer];
    quantize(x, tokens);
    kernels_.linear_bias(product(p.query_key_value, p.query_key_value_bias.data(), tokens, out));
  }

  void attention_output(size_t layer, const float* x, size_t tokens, float* out) override {
    quantize(x, tokens);
    const float* bias = weights_->layers[layer].attention_output.bias.data();
    kernels_.linear_bias(product((*packed_)[layer].attention_output, bias, tokens, out));
  }

  void feed_forward(size_t layer, const float* x, size_t tokens, float* out) override {
    const auto& w = weights_->layers[layer];
    const auto& p = (*packed_)[layer];
    quantize(x, tokens);
    for (size_t chunk = 0; chunk < p.output.size(); ++chunk) {
      const size_t column = chunk * feed_forward_columns;
      const size_t columns = p.intermediate[chunk].scales.size();
      kernels_.linear_gelu(
          product(p.intermediate[chunk], w.intermediate.bias.data() + column, tokens, intermediate_.data()));
      kernels_.quantize_rows(intermediate_.data(), tokens, columns, intermediate_rows_.data(),
                             intermediate_scales_.data());
      auto second = product(p.output[chunk], w.output.bias.data(), tokens, out);
      second.a = intermediate_rows_.data();
      second.row_scales = intermediate_scales_.data();
      second.k = columns;
      (chunk == 0 ? kernels_.linear_bias : kernels_.linear_add)(second);
    }
  }

private:
  void quantize(const float* x, size_t tokens) {
    kernels_.quantize_rows(x, tokens, weights_->shape.hidden, rows_.data(), row_scales_.data());
  }

  int16_product product(const int16_matrix& b, const float* bias, size_t tokens, float* out) const {
    const size_t n = b.scales.size();
    return {.a = rows_.data(),
            .row_scales = row_scales_.data(),
            .m = tokens,
            .panels = b.panels.data(),
            .column_scales = b.scales.data(),
            .bias = bias,
            .n = n,
            .k = weights_->shape.hidden,
            .c = out,
            .c_stride = n};
  }

  std::shared_ptr<const bert_weights> weights_;
  std::shared_ptr<const int16_layers> packed_;
  const int16_kernels& kernels_;
  aligned_array<int16_t> rows_; ///< [tokens, hidden], what a layer multiplies
  aligned_array<float> row_scales_;
  aligned_array<float> intermediate_;        ///< [tokens, feed_forward_columns]
  aligned_array<int16_t> intermediate_rows_; ///< the same, quantised
  aligned_array<float> intermediate_scales_;
};

class int16_factory final : public cpu_encoder_factory {
public:
  int16_factory(std::shared_ptr<const bert_weights> weights, const int16_kernels& linears, const vector_kernels& others)
      : weights_(std::move(weights)), linears_(linears), others_(others) {
    auto packed = std::make_shared<int16_layers>();
    for (const auto& layer : weights_->layers)
      packed->emplace_back(layer, weights_->shape, linears);
    packed_ = std::move(packed);
  }

  numeric_class precision() const noexcept override { return numeric_class::int16; }

  std::unique_ptr<cpu_encoder> make() const override {
    auto linears = std::make_unique<int16_linear_layers>(weights_, packed_, linears_,
                                                         block_encoder::capacity(weights_->shape, block_tokens_best));
    return std::make_unique<block_encoder>(weights_, others_, precision(), block_tokens_best, std::move(linears));
  }

private:
  std::shared_ptr<const bert_weights> weights_;
  const int16_kernels& linears_;
  const vector_kernels& others_;
  std::shared_ptr<const int16_layers> packed_;
};

} // namespace

cpu_encoder_factory_ptr make_int16_encoder_factory(std::shared_ptr<const bert_weights> weights,
                                                   const int16_kernels& linears, const vector_kernels& others) {
  return std::make_shared<int16_factory>(std::move(weights), linears, others);
}

cpu_encoder_factory_ptr make_int16_encoder_factory(std::shared_ptr<const bert_weights> weights) {
  return make_int16_encoder_factory(std::move(weights), best_int16_kernels(), best_vector_kernels());
}

} // namespace weft
