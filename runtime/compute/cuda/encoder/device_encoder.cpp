#include "runtime/compute/cuda/encoder/device_encoder.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/random_source.hpp"
#include "runtime/compute/cuda/base/cuda_error.hpp"
#include "runtime/compute/cuda/encoder/batch_inputs.hpp"
#include "runtime/compute/cuda/encoder/class_values.hpp"
#include "runtime/compute/cuda/engine/token_buckets.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace weft::cuda {

namespace {

constexpr size_t random_values = 99'991; ///< prime: the repetition meets no row's length

template <class T> status take(result<T> made, T& into) {
  if (!made)
    return std::move(made.error());
  into = *std::move(made);
  return ok;
}

uint32_t longest_of(const part_view& part) {
  uint32_t out = 0;
  for (size_t s = 0; s < part.sequences(); ++s)
    out = std::max(out, part.offsets[s + 1] - part.offsets[s]);
  return out;
}

} // namespace

device_encoder::device_encoder(const bert_weights& weights, std::shared_ptr<device_pool> pool, stream compute,
                               stream copies)
    : shape_(weights.shape), pool_(std::move(pool)), compute_(std::move(compute)), copies_(std::move(copies)) {}

result<std::unique_ptr<device_encoder>> device_encoder::make(const bert_weights& weights, const device_info& device,
                                                             std::shared_ptr<device_pool> pool,
                                                             const device_encoder_options& options) {
  auto compute = stream::make();
  auto copies = stream::make();
  if (!compute || !copies)
    return std::move(compute ? copies.error() : compute.error());
  std::unique_ptr<device_encoder> out(
      new device_encoder(weights, std::move(pool), *std::move(compute), *std::move(copies)));
  out->precision_ = options.precision;
  out->gelu_ = options.gelu.value_or(usual_gelu(options.precision));
  WEFT_TRY(take(make_encoder_kernels(options.precision, weights.shape, device, out->compute_.get()), out->kernels_));
  WEFT_TRY(take(upload_weights(weights, options.precision, *out->pool_, out->compute_), out->weights_));
  auto products = linear_products::make(device, *out->pool_, out->compute_, options.plan_file);
  if (!products)
    return std::move(products.error());
  out->products_ = std::make_unique<linear_products>(*std::move(products));

  const uint32_t tokens_min = std::max(weights.shape.positions, bucket_tokens_min);
  uint32_t tokens = std::max(options.tokens_max, tokens_min);
  for (;;) {
    auto taken = out->take_memory(tokens);
    if (taken)
      break;
    if (taken.error().code != errc::overloaded || tokens == tokens_min)
      return std::move(taken.error());
    tokens = std::max(tokens_min, tokens / 2);
  }
  out->buckets_ = make_token_buckets(tokens);
  for (const uint32_t bucket : out->buckets_)
    WEFT_TRY(out->prepare_bucket(bucket));
  (void)out->products_->save(); // a file that cannot be written costs time at the next start only
  return out;
}

/// All or nothing: what was taken before a failure goes back.
status device_encoder::take_memory(uint32_t tokens) {
  const size_t row = static_cast<size_t>(tokens) * shape_.hidden * kernels_->value_bytes();
  const size_t wide = static_cast<size_t>(tokens) * shape_.intermediate * kernels_->value_bytes();
  std::vector<std::pair<device_buffer*, size_t>> wanted{
      {&hidden_, row}, {&other_, row}, {&context_, row}, {&query_key_value_, 3 * row}, {&wide_, wide}};
  slots_.clear();
  for (auto& [buffer, bytes] : wanted)
    *buffer = {};
  for (auto& [buffer, bytes] : wanted) {
    WEFT_TRY(take(pool_->allocate(bytes, compute_.get()), *buffer));
    WEFT_TRY(fill_random(*buffer));
  }
  for (uint32_t slot = 0; slot < slots; ++slot) {
    auto made = make_slot(tokens);
    if (!made)
      return std::move(made.error());
    slots_.push_back(*std::move(made));
  }
  return compute_.wait();
}

/// Numbers between -1 and 1 in the encoder's class: rows that no batch has written yet are computed with the others,
/// and products are measured with them.
status device_encoder::fill_random(const device_buffer& buffer) {
  random_source draw(1);
  std::vector<float> numbers(random_values);
  for (auto& x : numbers)
    x = static_cast<float>(draw.unit()) * 2 - 1;
  std::vector<std::byte> values(random_values * value_bytes(precision_));
  convert_values(numbers, precision_, values.data());
  for (size_t at = 0; at < buffer.bytes(); at += values.size())
    WEFT_CUDA_TRY(cudaMemcpyAsync(buffer.data() + at, values.data(), std::min(values.size(), buffer.bytes() - at),
                                  cudaMemcpyHostToDevice, compute_.get()));
  return compute_.wait(); // before the values go
}

result<device_encoder::slot_state> device_encoder::make_slot(uint32_t tokens) {
  const size_t inputs = batch_inputs(tokens).bytes();
  const size_t outputs = static_cast<size_t>(tokens) * shape_.hidden * sizeof(float); // each sequence has a token
  auto inputs_host = pinned_buffer::make(inputs);
  auto outputs_host = pinned_buffer::make(outputs);
  auto inputs_device = pool_->allocate(inputs, compute_.get());
  auto outputs_device = pool_->allocate(outputs, compute_.get());
  auto uploaded = event::make(), computed = event::make(), downloaded = event::make();
  for (auto* made : {&inputs_host, &outputs_host})
    if (!*made)
      return std::move(made->error());
  for (auto* made : {&inputs_device, &outputs_device})
    if (!*made)
      return std::move(made->error());
  for (auto* made : {&uploaded, &computed, &downloaded})
    if (!*made)
      return std::move(made->error());
  WEFT_CUDA_TRY(cudaMemsetAsync(inputs_device->data(), 0, inputs, compute_.get()));
  return slot_state{*std::move(inputs_host),    *std::move(outputs_host), *std::move(inputs_device),
                    *std::move(outputs_device), *std::move(uploaded),     *std::move(computed),
                    *std::move(downloaded)};
}

encoder_pass device_encoder::pass() const {
  return {shape_,
          precision_,
          gelu_,
          weights_.views,
          *kernels_,
          *products_,
          {hidden_.data(), other_.data(), context_.data(), query_key_value_.data(), wide_.data()}};
}

/// Plans for the products of a bucket; and each kernel once, so that its code is on the device before a graph is
/// captured. The inputs are zeros: no sequences.
status device_encoder::prepare_bucket(uint32_t tokens) {
  for (const auto& [shape, operands] : pass().products_of(weights_.views.layers.front(), tokens))
    WEFT_TRY(products_->prepare(shape, operands));
  WEFT_TRY(enqueue({tokens, shape_.positions, 0}));
  return compute_.wait();
}

status device_encoder::enqueue(const graph_key& key) {
  const batch_inputs layout(key.tokens);
  const auto* inputs = slots_[key.slot].inputs.data();
  return pass().run({key.tokens, key.length, layout.ids(inputs), layout.positions(inputs), layout.sequences(inputs)},
                    slots_[key.slot].outputs.as<float>());
}

result<graph*> device_encoder::find_graph(const graph_key& key) {
  auto found = graphs_.find(key);
  if (found == graphs_.end()) {
    auto captured = graph::capture(compute_, [&] { return enqueue(key); });
    if (!captured)
      return std::move(captured.error());
    found = graphs_.emplace(key, *std::move(captured)).first;
  }
  return &found->second;
}

status device_encoder::submit(uint32_t slot, const part_view& part) {
  WEFT_ASSERT(slot < slots);
  auto& state = slots_[slot];
  const graph_key key{pick_bucket(buckets_, part.tokens()), pick_length(longest_of(part), shape_.positions), slot};
  auto work = find_graph(key);
  if (!work)
    return std::move(work.error());
  const batch_inputs inputs(key.tokens);
  inputs.write(part, state.inputs_host.as<uint32_t>());
  state.sequences = part.sequences();
  WEFT_CUDA_TRY(cudaMemcpyAsync(state.inputs.data(), state.inputs_host.data(), inputs.bytes(), cudaMemcpyHostToDevice,
                                copies_.get()));
  WEFT_TRY(state.uploaded.record(copies_));
  WEFT_TRY(state.uploaded.hold(compute_));
  WEFT_TRY((*work)->start(compute_));
  return state.computed.record(compute_);
}

bool device_encoder::finished(uint32_t slot) const noexcept {
  WEFT_ASSERT(slot < slots);
  return slots_[slot].computed.passed();
}

status device_encoder::collect(uint32_t slot, std::span<float> out) {
  WEFT_ASSERT(slot < slots);
  auto& state = slots_[slot];
  WEFT_ASSERT(out.size() == static_cast<size_t>(state.sequences) * shape_.hidden);
  WEFT_TRY(state.computed.wait());
  WEFT_CUDA_TRY(cudaMemcpyAsync(state.outputs_host.data(), state.outputs.data(), out.size_bytes(),
                                cudaMemcpyDeviceToHost, copies_.get()));
  WEFT_TRY(state.downloaded.record(copies_));
  WEFT_TRY(state.downloaded.wait());
  std::memcpy(out.data(), state.outputs_host.data(), out.size_bytes());
  return ok;
}

} // namespace weft::cuda
