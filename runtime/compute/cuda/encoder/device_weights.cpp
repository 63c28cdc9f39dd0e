#include "runtime/compute/cuda/encoder/device_weights.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/cuda/base/cuda_error.hpp"
#include "runtime/compute/cuda/encoder/class_values.hpp"

#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

namespace weft::cuda {

namespace {

constexpr size_t alignment = 256; // what cuBLASLt's fastest plans ask for

constexpr size_t aligned(size_t bytes) {
  return (bytes + alignment - 1) / alignment * alignment;
}

/// Fills the memory from its beginning, in the order of a stream. The first failure stays in `problem`; later calls
/// then do nothing of use. REQUIRES: lives, as the weights do, until the stream was waited for: copies may be under
/// way.
class uploader {
public:
  uploader(const device_buffer& memory, numeric_class precision, const stream& order)
      : memory_(memory), precision_(precision), order_(order) {}

  /// The parts one after the other, in the encoder's class.
  const void* matrix(std::initializer_list<std::span<const float>> parts) { return put(parts, precision_); }
  /// The same in fp32.
  const float* numbers(std::span<const float> values) {
    return static_cast<const float*>(put({values}, numeric_class::fp32));
  }
  norm_parameters norm(const norm_weights& from, const bert_shape& shape) {
    const auto* gamma = numbers(from.gamma);
    return {gamma, numbers(from.beta), shape.layer_norm_epsilon, shape.hidden};
  }

  std::optional<failure> problem;

private:
  const void* put(std::initializer_list<std::span<const float>> parts, numeric_class precision) {
    auto* const to = memory_.data() + used_;
    size_t bytes = 0;
    for (const auto part : parts) {
      const auto values = as_class(part, precision);
      WEFT_ASSERT(used_ + bytes + values.size() <= memory_.bytes());
      if (!problem)
        if (const auto code =
                cudaMemcpyAsync(to + bytes, values.data(), values.size(), cudaMemcpyHostToDevice, order_.get()))
          problem = describe(code, "copying the model's weights");
      bytes += values.size();
    }
    used_ += aligned(bytes);
    WEFT_ASSERT(used_ <= memory_.bytes());
    return to;
  }

  /// The values as they are, or kept here in the class.
  std::span<const std::byte> as_class(std::span<const float> values, numeric_class precision) {
    if (precision == numeric_class::fp32)
      return std::as_bytes(values);
    auto& kept = kept_.emplace_back(values.size() * value_bytes(precision));
    convert_values(values, precision, kept.data());
    return kept;
  }

  const device_buffer& memory_;
  const numeric_class precision_;
  const stream& order_;
  size_t used_ = 0;
  std::vector<std::vector<std::byte>> kept_;
};

encoder_layer_weights upload_layer(uploader& to, const bert_layer_weights& from, const bert_shape& shape) {
  encoder_layer_weights out{};
  out.query_key_value = to.matrix({from.query.weight, from.key.weight, from.value.weight});
  out.query_key_value_bias = to.matrix({from.query.bias, from.key.bias, from.value.bias});
  out.attention_output = to.matrix({from.attention_output.weight});
  out.attention_output_bias = to.matrix({from.attention_output.bias});
  out.attention_norm = to.norm(from.attention_norm, shape);
  out.intermediate = to.matrix({from.intermediate.weight});
  out.intermediate_bias = to.matrix({from.intermediate.bias});
  out.output = to.matrix({from.output.weight});
  out.output_bias = to.matrix({from.output.bias});
  out.output_norm = to.norm(from.output_norm, shape);
  return out;
}

} // namespace

size_t device_weights_bytes(const bert_shape& shape, numeric_class precision) {
  const size_t value = value_bytes(precision);
  const size_t hidden = shape.hidden, wide = shape.intermediate;
  const size_t matrices =
      aligned(3 * hidden * hidden * value) + aligned(hidden * hidden * value) + 2 * aligned(hidden * wide * value);
  const size_t biases = aligned(3 * hidden * value) + 2 * aligned(hidden * value) + aligned(wide * value);
  const size_t layer = matrices + biases + 4 * aligned(hidden * 4); // two norms
  const size_t tables = aligned(shape.vocabulary * hidden * 4) + aligned(shape.positions * hidden * 4);
  return tables + 3 * aligned(hidden * 4) + shape.layers * layer;
}

result<device_weights> upload_weights(const bert_weights& weights, numeric_class precision, device_pool& pool,
                                      const stream& order) {
  WEFT_ASSERT(precision != numeric_class::int16);
  device_weights out{};
  auto memory = pool.allocate(device_weights_bytes(weights.shape, precision), order.get());
  if (!memory)
    return std::move(memory.error());
  out.memory = *std::move(memory);
  uploader to(out.memory, precision, order);
  out.views.tables.words = to.numbers(weights.word_embeddings);
  out.views.tables.positions = to.numbers(weights.position_embeddings);
  out.views.tables.type = to.numbers(weights.token_type_embedding);
  out.views.embedding_norm = to.norm(weights.embedding_norm, weights.shape);
  for (const auto& layer : weights.layers)
    out.views.layers.push_back(upload_layer(to, layer, weights.shape));
  const auto copied = order.wait(); // in any case: what is copied from goes with `to`
  if (to.problem)
    return std::move(*to.problem);
  WEFT_TRY(copied);
  return out;
}

} // namespace weft::cuda
