#include "runtime/compute/cpu/block_encoder.hpp"
#include "runtime/compute/cpu/encoder_fp32.hpp"

#include <oneapi/dnnl/dnnl.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

// oneDNN brings GNU OpenMP along; its header would need -fopenmp.
extern "C" void omp_set_num_threads(int);

namespace weft {

namespace {

using dnnl::memory;

/// Tokens that go through all layers together; oneDNN blocks for the cache itself.
constexpr size_t block_tokens = 256;

dnnl::engine& cpu() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

memory::desc plain(size_t rows, size_t columns) {
  return {{static_cast<memory::dim>(rows), static_cast<memory::dim>(columns)},
          memory::data_type::f32,
          memory::format_tag::ab};
}

/// Rows that a multiplication is built for: few sizes, so that few are built, and at most a quarter too many.
size_t row_bucket(size_t rows, size_t rows_max) {
  const size_t step = rows <= 64 ? 16 : rows <= 128 ? 32 : 64;
  return std::min((rows + step - 1) / step * step, rows_max);
}

/// One linear layer of the model, packed in each layout that oneDNN asks for (usually one). Thread-safe.
class packed_linear {
public:
  packed_linear(std::vector<linear_weights> parts, size_t inputs) : parts_(std::move(parts)), inputs_(inputs) {
    for (const auto& part : parts_)
      bias_.insert(bias_.end(), part.bias.begin(), part.bias.end());
  }

  size_t inputs() const noexcept { return inputs_; }
  size_t outputs() const noexcept { return bias_.size(); }
  const float* bias() const noexcept { return bias_.data(); }

  /// The weights as [inputs, outputs] in this layout; valid as long as this object.
  const memory& in_layout(const memory::desc& layout) const {
    const std::lock_guard lock(mutex_);
    for (const auto& known : packed_)
      if (known.get_desc() == layout)
        return known;
    // The file has [outputs, inputs]; the parts (query, key, value) lie one after the other.
    std::vector<float> rows;
    for (const auto& part : parts_)
      rows.insert(rows.end(), part.weight.begin(), part.weight.end());
    const memory::desc transposed({static_cast<memory::dim>(inputs_), static_cast<memory::dim>(outputs())},
                                  memory::data_type::f32, memory::format_tag::ba);
    memory source(transposed, cpu(), rows.data());
    memory target(layout, cpu());
    dnnl::stream stream(cpu());
    dnnl::reorder(source, target).execute(stream, source, target);
    stream.wait();
    return packed_.emplace_back(std::move(target));
  }

private:
  std::vector<linear_weights> parts_;
  size_t inputs_;
  std::vector<float> bias_;
  mutable std::mutex mutex_;
  mutable std::deque<memory> packed_; // a deque: references stay valid
};

struct packed_layer {
  packed_layer(const bert_layer_weights& w, size_t hidden, size_t wide)
      : query_key_value({w.query, w.key, w.value}, hidden), attention_output({w.attention_output}, hidden),
        intermediate({w.intermediate}, hidden), output({w.output}, wide) {}

  packed_linear query_key_value, attention_output, intermediate, output;
};

/// A multiplication of one shape for one bucket of rows, shared by all layers of a model that have this shape.
struct built_linear {
  dnnl::matmul::primitive_desc description;
  dnnl::matmul primitive;
};

class onednn_linear_layers final : public linear_layers {
public:
  onednn_linear_layers(std::shared_ptr<const bert_weights> weights,
                       std::shared_ptr<const std::deque<packed_layer>> layers, size_t tokens_max)
      : weights_(std::move(weights)), layers_(std::move(layers)), tokens_max_(tokens_max), stream_(cpu()),
        intermediate_(tokens_max * weights_->shape.intermediate) {}

  void query_key_value(size_t layer, const float* x, size_t tokens, float* out) override {
    run((*layers_)[layer].query_key_value, false, x, tokens, out);
  }

  void attention_output(size_t layer, const float* x, size_t tokens, float* out) override {
    run((*layers_)[layer].attention_output, false, x, tokens, out);
  }

  void feed_forward(size_t layer, const float* x, size_t tokens, float* out) override {
    run((*layers_)[layer].intermediate, true, x, tokens, intermediate_.data());
    run((*layers_)[layer].output, false, intermediate_.data(), tokens, out);
  }

private:
  void run(const packed_linear& linear, bool gelu, const float* x, size_t tokens, float* out) {
    // In OpenMP's hands this is a setting of the calling thread; oneDNN then never makes a team of threads.
    omp_set_num_threads(1);
    const size_t rows = row_bucket(tokens, tokens_max_);
    auto& built = find(linear, gelu, rows);
    const auto scratch_bytes = built.description.scratchpad_desc().get_size();
    if (scratch_.size() < scratch_bytes)
      scratch_ = aligned_array<std::byte>(scratch_bytes);
    const memory bias({{1, static_cast<memory::dim>(linear.outputs())}, memory::data_type::f32, memory::format_tag::ab},
                      cpu(), const_cast<float*>(linear.bias()));
    built.primitive.execute(
        stream_, {{DNNL_ARG_SRC, memory(plain(rows, linear.inputs()), cpu(), const_cast<float*>(x))},
                  {DNNL_ARG_WEIGHTS, linear.in_layout(built.description.weights_desc())},
                  {DNNL_ARG_BIAS, bias},
                  {DNNL_ARG_DST, memory(plain(rows, linear.outputs()), cpu(), out)},
                  {DNNL_ARG_SCRATCHPAD, memory(built.description.scratchpad_desc(), cpu(), scratch_.data())}});
    stream_.wait();
  }

  built_linear& find(const packed_linear& linear, bool gelu, size_t rows) {
    const auto key = std::array{linear.inputs(), linear.outputs(), size_t{gelu}, rows};
    if (const auto found = built_.find(key); found != built_.end())
      return found->second;
    const memory::desc any({static_cast<memory::dim>(linear.inputs()), static_cast<memory::dim>(linear.outputs())},
                           memory::data_type::f32, memory::format_tag::any);
    const memory::desc bias({1, static_cast<memory::dim>(linear.outputs())}, memory::data_type::f32,
                            memory::format_tag::ab);
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (gelu) {
      dnnl::post_ops after;
      after.append_eltwise(1.0f, dnnl::algorithm::eltwise_gelu_erf, 0.0f, 0.0f);
      attributes.set_post_ops(after);
    }
    const dnnl::matmul::desc wanted(plain(rows, linear.inputs()), any, bias, plain(rows, linear.outputs()));
    dnnl::matmul::primitive_desc description(wanted, attributes, cpu());
    dnnl::matmul primitive(description);
    return built_.emplace(key, built_linear{std::move(description), std::move(primitive)}).first->second;
  }

  std::shared_ptr<const bert_weights> weights_;
  std::shared_ptr<const std::deque<packed_layer>> layers_;
  size_t tokens_max_;
  dnnl::stream stream_;
  std::map<std::array<size_t, 4>, built_linear> built_; ///< by inputs, outputs, GELU, rows
  aligned_array<std::byte> scratch_;
  aligned_array<float> intermediate_; ///< [tokens_max, intermediate]
};

class onednn_factory final : public cpu_encoder_factory {
public:
  explicit onednn_factory(std::shared_ptr<const bert_weights> weights) : weights_(std::move(weights)) {
    const size_t hidden = weights_->shape.hidden;
    const size_t wide = weights_->shape.intermediate;
    auto layers = std::make_shared<std::deque<packed_layer>>();
    for (const auto& w : weights_->layers)
      layers->emplace_back(w, hidden, wide);
    layers_ = std::move(layers);
  }

  numeric_class precision() const noexcept override { return numeric_class::fp32; }

  std::unique_ptr<cpu_encoder> make() const override {
    auto linears = std::make_unique<onednn_linear_layers>(weights_, layers_,
                                                          block_encoder::capacity(weights_->shape, block_tokens));
    return std::make_unique<block_encoder>(weights_, best_vector_kernels(), precision(), block_tokens,
                                           std::move(linears));
  }

private:
  std::shared_ptr<const bert_weights> weights_;
  std::shared_ptr<const std::deque<packed_layer>> layers_;
};

} // namespace

cpu_encoder_factory_ptr make_fp32_onednn_factory(std::shared_ptr<const bert_weights> weights) {
  return std::make_shared<onednn_factory>(std::move(weights));
}

} // namespace weft
