#include "runtime/compute/cpu/encoder_fp32.hpp"

#include "runtime/compute/cpu/aligned_array.hpp"
#include "runtime/compute/cpu/block_encoder.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace weft {

namespace {

/// Columns of the intermediate layer that are computed and used up together: [block, 384] stays in the second-level
/// cache where all 1536 columns would not.
constexpr size_t feed_forward_columns = 384;

/// All linear layers of a model in panels, as the kernels of one instruction set read them. Packed once, then only
/// read.
class packed_linears {
public:
  struct layer {
    const float* query_key_value;
    const float* query_key_value_bias;
    const float* attention_output;
    const float* intermediate;
    /// Panels of `output` for each chunk of feed_forward_columns inputs, one chunk after the other.
    const float* output;
  };

  packed_linears(const bert_weights& weights, const vector_kernels& kernels) {
    const size_t hidden = weights.shape.hidden;
    const size_t wide = weights.shape.intermediate;
    const size_t layer_size = 4 * hidden * hidden + 2 * hidden * wide + 3 * hidden;
    memory_ = aligned_array<float>(layer_size * weights.layers.size());
    float* to = memory_.data();
    const auto pack = [&](const float* weight, size_t stride, size_t n, size_t k) {
      kernels.pack_linear(weight, stride, n, k, to);
      return std::exchange(to, to + n * k);
    };
    for (const auto& w : weights.layers) {
      layer packed{};
      packed.query_key_value = to;
      for (const auto* part : {&w.query, &w.key, &w.value})
        pack(part->weight.data(), hidden, hidden, hidden);
      packed.attention_output = pack(w.attention_output.weight.data(), hidden, hidden, hidden);
      packed.intermediate = pack(w.intermediate.weight.data(), hidden, wide, hidden);
      packed.output = to;
      for (size_t k = 0; k < wide; k += feed_forward_columns)
        pack(w.output.weight.data() + k, wide, hidden, std::min(feed_forward_columns, wide - k));
      packed.query_key_value_bias = to;
      for (const auto* part : {&w.query, &w.key, &w.value})
        to = std::copy(part->bias.begin(), part->bias.end(), to);
      layers_.push_back(packed);
    }
  }

  const layer& operator[](size_t i) const noexcept { return layers_[i]; }

private:
  aligned_array<float> memory_;
  std::vector<layer> layers_;
};

class vector_linear_layers final : public linear_layers {
public:
  vector_linear_layers(std::shared_ptr<const bert_weights> weights, std::shared_ptr<const packed_linears> packed,
                       const vector_kernels& kernels, size_t tokens_max)
      : weights_(std::move(weights)), packed_(std::move(packed)), kernels_(kernels),
        intermediate_(tokens_max * feed_forward_columns) {}

  void query_key_value(size_t layer, const float* x, size_t tokens, float* out) override {
    const auto& p = (*packed_)[layer];
    const size_t hidden = weights_->shape.hidden;
    kernels_.linear_bias(x, hidden, tokens, p.query_key_value, 3 * hidden, hidden, p.query_key_value_bias, out,
                         3 * hidden);
  }

  void attention_output(size_t layer, const float* x, size_t tokens, float* out) override {
    const size_t hidden = weights_->shape.hidden;
    kernels_.linear_bias(x, hidden, tokens, (*packed_)[layer].attention_output, hidden, hidden,
                         weights_->layers[layer].attention_output.bias.data(), out, hidden);
  }

  void feed_forward(size_t layer, const float* x, size_t tokens, float* out) override {
    const auto& w = weights_->layers[layer];
    const auto& p = (*packed_)[layer];
    const size_t hidden = weights_->shape.hidden;
    const size_t wide = weights_->shape.intermediate;
    for (size_t column = 0; column < wide; column += feed_forward_columns) {
      const size_t columns = std::min(feed_forward_columns, wide - column);
      kernels_.linear_gelu(x, hidden, tokens, p.intermediate + column * hidden, columns, hidden,
                           w.intermediate.bias.data() + column, intermediate_.data(), columns);
      const auto second = column == 0 ? kernels_.linear_bias : kernels_.linear_add;
      second(intermediate_.data(), columns, tokens, p.output + column * hidden, hidden, columns, w.output.bias.data(),
             out, hidden);
    }
  }

private:
  std::shared_ptr<const bert_weights> weights_;
  std::shared_ptr<const packed_linears> packed_;
  const vector_kernels& kernels_;
  aligned_array<float> intermediate_; ///< [tokens_max, feed_forward_columns]
};

class vector_factory final : public cpu_encoder_factory {
public:
  vector_factory(std::shared_ptr<const bert_weights> weights, const vector_kernels& kernels)
      : weights_(std::move(weights)), kernels_(kernels),
        packed_(std::make_shared<const packed_linears>(*weights_, kernels)) {}

  numeric_class precision() const noexcept override { return numeric_class::fp32; }

  std::unique_ptr<cpu_encoder> make() const override {
    const size_t best = kernels_.block_tokens_best;
    auto linears = std::make_unique<vector_linear_layers>(weights_, packed_, kernels_,
                                                          block_encoder::capacity(weights_->shape, best));
    return std::make_unique<block_encoder>(weights_, kernels_, precision(), best, std::move(linears));
  }

private:
  std::shared_ptr<const bert_weights> weights_;
  const vector_kernels& kernels_;
  std::shared_ptr<const packed_linears> packed_;
};

} // namespace

cpu_encoder_factory_ptr make_fp32_vector_factory(std::shared_ptr<const bert_weights> weights,
                                                 const vector_kernels& kernels) {
  return std::make_shared<vector_factory>(std::move(weights), kernels);
}

cpu_encoder_factory_ptr make_fp32_encoder_factory(std::shared_ptr<const bert_weights> weights) {
#if defined(WEFT_FP32_ONEDNN)
  return make_fp32_onednn_factory(std::move(weights));
#else
  return make_fp32_vector_factory(std::move(weights), best_vector_kernels());
#endif
}

} // namespace weft
