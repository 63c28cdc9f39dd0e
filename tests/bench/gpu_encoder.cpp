#include "runtime/base/random_source.hpp"
#include "runtime/compute/cuda/base/cuda_error.hpp"
#include "runtime/compute/cuda/encoder/device_encoder.hpp"
#include "tests/bench/gpu_session.hpp"

#include <chrono>
#include <initializer_list>

namespace weft::bench {
namespace {

constexpr uint32_t length = 128;
constexpr double token_flops = 22.4e6; ///< at 128 tokens: 21.23 MFLOP of linear layers and 9 216 · S of attention

/// Weights of the usual shape: their values change neither the work nor, beyond zero, the time.
class random_weights {
public:
  std::shared_ptr<const bert_weights> make() {
    auto out = std::make_shared<bert_weights>();
    const bert_shape& shape = out->shape;
    const size_t hidden = shape.hidden, wide = shape.intermediate;
    out->word_embeddings = values(shape.vocabulary * hidden);
    out->position_embeddings = values(shape.positions * hidden);
    out->token_type_embedding = values(hidden);
    out->embedding_norm = norm(hidden);
    for (uint32_t i = 0; i < shape.layers; ++i) {
      bert_layer_weights layer;
      for (auto* square : {&layer.query, &layer.key, &layer.value, &layer.attention_output})
        *square = {values(hidden * hidden), values(hidden)};
      layer.attention_norm = norm(hidden);
      layer.intermediate = {values(wide * hidden), values(wide)};
      layer.output = {values(hidden * wide), values(hidden)};
      layer.output_norm = norm(hidden);
      out->layers.push_back(layer);
    }
    out->mapping = kept_;
    return out;
  }

private:
  using storage = std::vector<std::vector<float>>;

  std::span<const float> values(size_t count, float middle = 0) {
    auto& all = kept_->emplace_back(count);
    for (auto& x : all)
      x = middle + (static_cast<float>(draw_.unit()) - 0.5F) / 8;
    return all;
  }
  norm_weights norm(size_t hidden) { return {values(hidden, 1), values(hidden)}; }

  random_source draw_{7};
  std::shared_ptr<storage> kept_ = std::make_shared<storage>();
};

/// Whole parts of sequences of 128 tokens, one copied while the other is computed: tokens a second.
result<double> token_rate(const gpu_session& session, const bert_weights& weights,
                          const cuda::device_encoder_options& options) {
  auto encoder = cuda::device_encoder::make(weights, session.info, session.place.memory, options);
  if (!encoder)
    return encoder.error();
  const uint32_t sequences = (*encoder)->tokens_max() / length;
  random_source draw(3);
  std::vector<int32_t> ids(size_t{sequences} * length);
  std::vector<uint32_t> offsets;
  for (uint32_t s = 0; s <= sequences; ++s)
    offsets.push_back(s * length);
  for (auto& id : ids)
    id = static_cast<int32_t>(draw.below(weights.shape.vocabulary));
  const std::vector<uint8_t> normalize(sequences, 1);
  std::vector<float> vectors(size_t{sequences} * weights.shape.hidden);
  const cuda::part_view part{ids, offsets, normalize};
  const int parts = 20 * session.repeats;
  std::chrono::steady_clock::time_point begin;
  for (int i = -4; i < parts; ++i) { // the first are not counted
    if (i == 0)
      begin = std::chrono::steady_clock::now();
    const auto slot = static_cast<uint32_t>(i + 4) % cuda::device_encoder::slots;
    if (i >= -2)
      WEFT_TRY((*encoder)->collect(slot, vectors));
    WEFT_TRY((*encoder)->submit(slot, part));
  }
  for (uint32_t i = 0; i < cuda::device_encoder::slots; ++i)
    WEFT_TRY((*encoder)->collect((static_cast<uint32_t>(parts) + i) % cuda::device_encoder::slots, vectors));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  return static_cast<double>(parts) * sequences * length / took.count();
}

result<std::shared_ptr<const bert_weights>> weights_of(const gpu_session& session) {
  return session.model.empty() ? random_weights().make() : load_bert_weights(session.model);
}

/// A variant of the encoder: sequences a second, nothing to reach.
void measure_variant(const gpu_session& session, const result<std::shared_ptr<const bert_weights>>& weights,
                     const char* name, const cuda::device_encoder_options& options, figure_list& figures) {
  const auto rate = weights ? token_rate(session, **weights, options) : result<double>(weights.error());
  gpu_figure texts{.name = name, .unit = "seq/s", .note = rate ? "beside the usual form above" : rate.error().message};
  if (rate)
    texts.value = *rate / length;
  figures.add(texts);
}

} // namespace

void measure_encoder(const gpu_session& session, const gpu_rates& rates, figure_list& figures) {
  const auto weights = weights_of(session);
  const std::string whose = session.model.empty() ? "random weights" : "the model's weights";
  for (const auto precision : {numeric_class::fp16, numeric_class::bf16, numeric_class::fp32}) {
    const std::string name = std::string("encoder ") + std::string(to_string(precision)) + ", S = 128";
    const auto rate =
        weights ? token_rate(session, **weights, {.precision = precision}) : result<double>(weights.error());
    gpu_figure texts{.name = name, .unit = "seq/s", .note = rate ? whose : rate.error().message};
    if (rate)
      texts.value = *rate / length;
    figures.add(texts);
    if (precision == numeric_class::fp32)
      continue;
    gpu_figure share{
        .name = name + ", share", .unit = "of GEMM", .note = rate ? "of the 8192^3 bf16 rate" : texts.note};
    gpu_figure own{.name = name + ", own shapes",
                   .unit = "of GEMM",
                   .note = rate ? "of the rate of one layer's products" : texts.note};
    if (precision == numeric_class::fp16) {
      share.kind = gpu_figure::bound::at_least;
      share.target = 0.5;
    }
    if (rate && rates.product_flops > 0)
      share.value = *rate * token_flops / rates.product_flops;
    if (rate && rates.model_flops > 0)
      own.value = *rate * token_flops / rates.model_flops;
    figures.add(share);
    figures.add(own);
    if (precision != numeric_class::fp16)
      continue;
    // Half a part's activations fit the second-level cache of an H200 (50 MB), a whole part's do not.
    measure_variant(session, weights, "encoder fp16, S = 128, parts of 4224", {.tokens_max = 4'224}, figures);
    measure_variant(session, weights, "encoder fp16, S = 128, erf GELU", {.gelu = cuda::gelu_place::kernel}, figures);
  }
}

} // namespace weft::bench
