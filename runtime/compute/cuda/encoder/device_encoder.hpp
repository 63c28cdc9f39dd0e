#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compute/cuda/base/device_info.hpp"
#include "runtime/compute/cuda/base/device_memory.hpp"
#include "runtime/compute/cuda/base/device_pool.hpp"
#include "runtime/compute/cuda/base/stream.hpp"
#include "runtime/compute/cuda/encoder/device_weights.hpp"
#include "runtime/compute/cuda/encoder/encoder_kernels.hpp"
#include "runtime/compute/cuda/encoder/encoder_pass.hpp"
#include "runtime/compute/cuda/encoder/graph.hpp"
#include "runtime/compute/cuda/encoder/linear.hpp"
#include "runtime/compute/cuda/engine/device_layer.hpp"

#include <array>
#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace weft::cuda {

struct device_encoder_options {
  numeric_class precision = numeric_class::fp16;
  uint32_t tokens_max = 8'448;    ///< of one part; fewer where memory is short
  std::optional<gelu_place> gelu; ///< usual_gelu() of the class
  std::filesystem::path plan_file;
};

/// The encoder of one device. Parts of a batch are padded to a bucket and run as one CUDA graph each; a copy stream
/// brings the next part while this one is computed. Two slots; activations are shared, since parts are computed one
/// after the other. Belongs to one thread, on which the device is current.
class device_encoder {
public:
  static constexpr uint32_t slots = 2;

  /// Uploads the weights, takes memory, measures the plans that the file has not, and runs each bucket once.
  /// errc::overloaded: not even the model's longest sequence fits.
  static result<std::unique_ptr<device_encoder>> make(const bert_weights& weights, const device_info& device,
                                                      std::shared_ptr<device_pool> pool,
                                                      const device_encoder_options& options);

  uint32_t tokens_max() const noexcept { return buckets_.back(); }
  const stream& compute_stream() const noexcept { return compute_; }

  /// As device_layer.
  status submit(uint32_t slot, const part_view& part);
  bool finished(uint32_t slot) const noexcept;
  status collect(uint32_t slot, std::span<float> out);

private:
  struct slot_state {
    pinned_buffer inputs_host, outputs_host;
    device_buffer inputs, outputs;
    event uploaded, computed, downloaded;
    uint32_t sequences = 0;
  };
  struct graph_key {
    uint32_t tokens, length, slot;
    auto operator<=>(const graph_key&) const = default;
  };

  device_encoder(const bert_weights& weights, std::shared_ptr<device_pool> pool, stream compute, stream copies);
  status take_memory(uint32_t tokens);
  status fill_random(const device_buffer& buffer);
  result<slot_state> make_slot(uint32_t tokens);
  status prepare_bucket(uint32_t tokens);
  status enqueue(const graph_key& key);
  encoder_pass pass() const;
  result<graph*> find_graph(const graph_key& key);

  // In the order in which they depend on each other: the last is destroyed first.
  const bert_shape shape_;
  numeric_class precision_ = numeric_class::fp16;
  gelu_place gelu_ = gelu_place::product;
  std::shared_ptr<device_pool> pool_;
  stream compute_, copies_;
  device_weights weights_{};
  std::unique_ptr<encoder_kernels> kernels_;
  std::unique_ptr<linear_products> products_;
  device_buffer hidden_, other_, context_; ///< [tokens_max, hidden]
  device_buffer query_key_value_;          ///< [tokens_max, 3·hidden]
  device_buffer wide_;                     ///< [tokens_max, intermediate]
  std::vector<slot_state> slots_;
  std::vector<uint32_t> buckets_;
  std::map<graph_key, graph> graphs_;
};

} // namespace weft::cuda
