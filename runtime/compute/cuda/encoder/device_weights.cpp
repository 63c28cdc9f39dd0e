#include "runtime/compute/cuda/encoder/device_weights.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/half.hpp"
#include "runtime/compute/cuda/base/cuda_error.hpp"

#include <bit>
#include <cstring>
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

size_t value_bytes(numeric_class precision) {
  return precision == numeric_class::fp32 ? 4 : 2;
}

uint16_t to_bfloat(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16); // to nearest, ties to even
}

void convert(std::span<const float> from, numeric_class precision, std::byte* to) {
  if (precision == numeric_class::fp32) {
    std::memcpy(to, from.data(), from.size_bytes());
    return;
  }
  for (size_t i = 0; i < from.size(); ++i) {
    const uint16_t value = precision == numeric_class::fp16 ? to_half(from[i]) : to_bfloat(from[i]);
    std::memcpy(to + 2 * i, &value, sizeof value);
  }
}

/// Fills the memory from its beginning. The first failure stays in `problem`; later calls then do nothing of use.
class uploader {
public:
  uploader(const device_buffer& memory, numeric_class precision) : memory_(memory), precision_(precision) {}

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
    std::vector<std::byte> converted;
    for (const auto part : parts) {
      const size_t begin = converted.size();
      converted.resize(begin + part.size() * value_bytes(precision));
      convert(part, precision, converted.data() + begin);
    }
    auto* to = memory_.data() + used_;
    used_ += aligned(converted.size());
    WEFT_ASSERT(used_ <= memory_.bytes());
    if (!problem)
      if (const auto code = cudaMemcpy(to, converted.data(), converted.size(), cudaMemcpyHostToDevice))
        problem = describe(code, "copying the model's weights");
    return to;
  }

  const device_buffer& memory_;
  const numeric_class precision_;
  size_t used_ = 0;
};

encoder_layer_weights upload_layer(uploader& to, const bert_layer_weights& from, const bert_shape& shape) {
  encoder_layer_weights out{};
  out.query_key_value = to.matrix({from.query.weight, from.key.weight, from.value.weight});
  out.query_key_value_bias = to.matrix({from.query.bias, from.key.bias, from.value.bias});
  out.attention_output = to.matrix({from.attention_output.weight});
  out.attention_output_bias = to.numbers(from.attention_output.bias);
  out.attention_norm = to.norm(from.attention_norm, shape);
  out.intermediate = to.matrix({from.intermediate.weight});
  out.intermediate_bias = to.numbers(from.intermediate.bias);
  out.output = to.matrix({from.output.weight});
  out.output_bias = to.numbers(from.output.bias);
  out.output_norm = to.norm(from.output_norm, shape);
  return out;
}

} // namespace

size_t device_weights_bytes(const bert_shape& shape, numeric_class precision) {
  const size_t value = value_bytes(precision);
  const size_t hidden = shape.hidden, wide = shape.intermediate;
  const size_t layer = aligned(3 * hidden * hidden * value) + aligned(3 * hidden * value) +
                       aligned(hidden * hidden * value) + 2 * aligned(hidden * wide * value) + 6 * aligned(hidden * 4) +
                       aligned(wide * 4);
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
  WEFT_TRY(order.wait()); // the memory is there in the order of the stream, the copies below go without one
  uploader to(out.memory, precision);
  out.views.tables.words = to.numbers(weights.word_embeddings);
  out.views.tables.positions = to.numbers(weights.position_embeddings);
  out.views.tables.type = to.numbers(weights.token_type_embedding);
  out.views.embedding_norm = to.norm(weights.embedding_norm, weights.shape);
  for (const auto& layer : weights.layers)
    out.views.layers.push_back(upload_layer(to, layer, weights.shape));
  if (to.problem)
    return std::move(*to.problem);
  // A copy from memory that is not page-locked returns when it is staged; our streams do not wait for it by themselves.
  WEFT_CUDA_TRY(cudaDeviceSynchronize());
  return out;
}

} // namespace weft::cuda
