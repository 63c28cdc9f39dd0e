#include "runtime/compute/cpu/encoder.hpp"
#include "runtime/compute/cuda/encoder/batch_inputs.hpp"
#include "runtime/compute/cuda/encoder/class_kernels.cuh"
#include "runtime/compute/cuda/encoder/encoder_pass.hpp"
#include "tests/runtime/compute/cuda/encoder/random_values.hpp"

#include <doctest/doctest.h>

#include <deque>

namespace {

using namespace weft;
using namespace weft::cuda;

/// Starts kernels on the emulator, with the grids of a device.
struct emulator_launcher {
  template <class... P, class... A>
  status start(const char*, void (*kernel)(P...), const kernel_grid& grid, A... arguments) const {
    emulator::launch({.grid = {grid.blocks}, .block = {grid.threads}, .shared_bytes = grid.shared_bytes},
                     [&] { kernel(arguments...); });
    return ok;
  }
  template <class... P> uint32_t blocks_at_once(void (*)(P...), uint32_t, size_t) const { return 3; }
};

/// Starts nothing: keeps how many blocks were asked for.
struct counting_launcher {
  uint32_t* blocks;
  template <class... P, class... A> status start(const char*, void (*)(P...), const kernel_grid& grid, A...) const {
    *blocks = grid.blocks;
    return ok;
  }
  template <class... P> uint32_t blocks_at_once(void (*)(P...), uint32_t, size_t) const { return 1'000; }
};

/// Plain loops in place of cuBLASLt.
template <class T> class plain_products final : public linear_runner {
public:
  status run(const linear_shape& shape, const linear_operands& operands) override {
    const auto* x = static_cast<const T*>(operands.x);
    const auto* weight = static_cast<const T*>(operands.weight);
    for (size_t row = 0; row < shape.tokens; ++row)
      for (size_t column = 0; column < shape.outputs; ++column) {
        float sum = widen(static_cast<const T*>(operands.bias)[column]);
        if (shape.form == linear_form::residual)
          sum += widen(static_cast<const T*>(operands.residual)[row * shape.outputs + column]);
        for (size_t k = 0; k < shape.inputs; ++k)
          sum += widen(x[row * shape.inputs + k]) * widen(weight[column * shape.inputs + k]);
        if (shape.form == linear_form::gelu)
          sum = gelu_tanh_cpu(sum);
        static_cast<T*>(operands.y)[row * shape.outputs + column] = narrowed<T>(sum);
      }
    return ok;
  }
};

/// A small model of random numbers; the memory of its weights.
struct random_model {
  std::deque<std::vector<float>> memory;
  std::shared_ptr<bert_weights> weights = std::make_shared<bert_weights>();
};

random_model make_model(uint64_t seed) {
  random_source draw(seed);
  random_model out;
  auto& w = *out.weights;
  w.shape = {.vocabulary = 50, .hidden = 64, .layers = 2, .heads = 2, .intermediate = 128, .positions = 40};
  const size_t hidden = w.shape.hidden, wide = w.shape.intermediate;
  const auto numbers = [&](size_t count, float deviation) {
    return std::span<const float>(out.memory.emplace_back(random_floats(draw, count, deviation)));
  };
  const auto linear = [&](size_t outputs, size_t inputs) {
    return linear_weights{numbers(outputs * inputs, 1.5f / std::sqrt(static_cast<float>(inputs))),
                          numbers(outputs, 0.3f)};
  };
  const auto norm = [&] { return norm_weights{numbers(hidden, 1), numbers(hidden, 0.3f)}; };
  w.word_embeddings = numbers(w.shape.vocabulary * hidden, 1);
  w.position_embeddings = numbers(w.shape.positions * hidden, 0.5f);
  w.token_type_embedding = numbers(hidden, 0.2f);
  w.embedding_norm = norm();
  for (size_t i = 0; i < w.shape.layers; ++i) {
    bert_layer_weights layer{linear(hidden, hidden), linear(hidden, hidden), linear(hidden, hidden),
                             linear(hidden, hidden), norm()};
    layer.intermediate = linear(wide, hidden);
    layer.output = linear(hidden, wide);
    layer.output_norm = norm();
    w.layers.push_back(layer);
  }
  return out;
}

norm_parameters view_of(const norm_weights& norm, const bert_shape& shape) {
  return {norm.gamma.data(), norm.beta.data(), shape.layer_norm_epsilon, shape.hidden};
}

/// The weights as device_weights lays them out, in memory of the host.
template <class T> struct class_weights {
  explicit class_weights(const bert_weights& from) {
    views.tables = {from.word_embeddings.data(), from.position_embeddings.data(), from.token_type_embedding.data()};
    views.embedding_norm = view_of(from.embedding_norm, from.shape);
    for (const auto& layer : from.layers)
      views.layers.push_back({.query_key_value = put({layer.query.weight, layer.key.weight, layer.value.weight}),
                              .query_key_value_bias = put({layer.query.bias, layer.key.bias, layer.value.bias}),
                              .attention_output = put({layer.attention_output.weight}),
                              .attention_output_bias = put({layer.attention_output.bias}),
                              .attention_norm = view_of(layer.attention_norm, from.shape),
                              .intermediate = put({layer.intermediate.weight}),
                              .intermediate_bias = put({layer.intermediate.bias}),
                              .output = put({layer.output.weight}),
                              .output_bias = put({layer.output.bias}),
                              .output_norm = view_of(layer.output_norm, from.shape)});
  }
  encoder_weights views;

private:
  const T* put(std::initializer_list<std::span<const float>> parts) {
    auto& to = memory_.emplace_back();
    for (const auto part : parts)
      for (const float x : part)
        to.push_back(narrowed<T>(x));
    return to.data();
  }
  std::deque<std::vector<T>> memory_;
};

/// Vectors of a packed batch by the kernels on the emulator, padded to `bucket` tokens. [sequences, hidden]
template <class T>
std::vector<float> encode_emulated(const bert_weights& from, numeric_class precision, gelu_place gelu,
                                   const part_view& part, uint32_t bucket) {
  const class_weights<T> weights(from);
  const class_kernels<T, emulator_launcher> kernels(from.shape, {});
  plain_products<T> products;
  const auto left_over = narrowed<T>(7); // of the batch before
  const size_t row = from.shape.hidden;
  std::vector<std::vector<T>> memory;
  for (const size_t columns : {row, row, row, 3 * row, size_t{from.shape.intermediate}})
    memory.emplace_back(bucket * columns, left_over);
  const encoder_pass pass(from.shape, precision, gelu, weights.views, kernels, products,
                          {memory[0].data(), memory[1].data(), memory[2].data(), memory[3].data(), memory[4].data()});
  const batch_inputs layout(bucket);
  std::vector<uint32_t> inputs(layout.words(), 0xFFFF'FFFF);
  layout.write(part, inputs);
  const auto* base = reinterpret_cast<const std::byte*>(inputs.data());
  std::vector<float> out(part.sequences() * row);
  REQUIRE(pass.run({bucket, from.shape.positions, layout.ids(base), layout.positions(base), layout.sequences(base)},
                   out.data()));
  return out;
}

} // namespace

TEST_CASE("kernels, products and their order make the CPU's encoder, in each class and with padding") {
  const auto model = make_model(17);
  random_source draw(18);
  std::vector<int32_t> ids;
  std::vector<uint32_t> offsets{0};
  for (const uint32_t length : {2u, 17u, 1u, 40u, 33u}) {
    for (uint32_t t = 0; t < length; ++t)
      ids.push_back(static_cast<int32_t>(draw.below(model.weights->shape.vocabulary)));
    offsets.push_back(static_cast<uint32_t>(ids.size()));
  }
  std::vector<float> plain(5 * 64);
  make_fp32_encoder_factory(model.weights)->make()->encode({ids, offsets}, plain);
  const std::vector<uint8_t> normalize{1, 0, 1, 1, 0};
  auto want = plain;
  for (size_t s = 0; s < normalize.size(); ++s) {
    double squares = 0;
    for (size_t i = 0; i < 64; ++i)
      squares += double{plain[s * 64 + i]} * plain[s * 64 + i];
    for (size_t i = 0; i < 64 && normalize[s]; ++i)
      want[s * 64 + i] = static_cast<float>(plain[s * 64 + i] / std::sqrt(squares));
  }
  const part_view part{ids, offsets, normalize};
  for (const uint32_t bucket : {93u, 128u}) {
    CAPTURE(bucket);
    CHECK(
        largest_distance(encode_emulated<float>(*model.weights, numeric_class::fp32, gelu_place::kernel, part, bucket),
                         want) <= 1e-5);
    for (const auto gelu : {gelu_place::product, gelu_place::kernel}) {
      CHECK(largest_distance(encode_emulated<half_value>(*model.weights, numeric_class::fp16, gelu, part, bucket),
                             want) <= 1e-2);
      CHECK(largest_distance(encode_emulated<bfloat_value>(*model.weights, numeric_class::bf16, gelu, part, bucket),
                             want) <= 8e-2);
    }
  }
}

TEST_CASE("attention has as many blocks as the device holds at once, and never more than sequences times heads") {
  uint32_t blocks = 0;
  const bert_shape shape{.vocabulary = 50, .hidden = 64, .layers = 1, .heads = 2, .intermediate = 128, .positions = 40};
  const class_kernels<half_value, counting_launcher> kernels(shape, {&blocks});
  for (const auto& [tokens, want] : {std::pair{1u, 2u}, {64u, 128u}, {500u, 1'000u}, {8'448u, 1'000u}}) {
    CAPTURE(tokens);
    REQUIRE(kernels.attend(nullptr, {}, 40, tokens, nullptr));
    CHECK(blocks == want);
  }
}
