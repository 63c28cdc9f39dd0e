#pragma once

#include "runtime/compute/cpu/aligned_array.hpp"
#include "runtime/compute/cpu/embedding.hpp"
#include "runtime/compute/cpu/encoder.hpp"
#include "runtime/compute/cpu/linear_layers.hpp"
#include "runtime/compute/cpu/vector_kernels.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace weft {

/// An encoder around the linear layers of one numeric class. It takes a batch through all layers in blocks of whole
/// sequences, so that a block's activations stay in the second-level cache; a text's numbers do not depend on its
/// block.
class block_encoder final : public cpu_encoder {
public:
  /// `linears` must take max(tokens_best, positions) tokens.
  block_encoder(std::shared_ptr<const bert_weights> weights, const vector_kernels& kernels, numeric_class precision,
                size_t tokens_best, std::unique_ptr<linear_layers> linears);

  /// Tokens of the largest block: one sequence may be longer than tokens_best.
  static size_t capacity(const bert_shape& shape, size_t tokens_best) noexcept;

  numeric_class precision() const noexcept override { return precision_; }
  void encode(packed_tokens batch, std::span<float> out) override;

private:
  void run_layer(size_t layer, std::span<const uint32_t> offsets, sequence_block block);

  std::shared_ptr<const bert_weights> weights_;
  const vector_kernels& kernels_;
  numeric_class precision_;
  size_t tokens_best_;
  std::unique_ptr<linear_layers> linears_;
  aligned_array<float> hidden_;          ///< [capacity, hidden]
  aligned_array<float> other_;           ///< [capacity, hidden]
  aligned_array<float> query_key_value_; ///< [capacity, 3·hidden]
  aligned_array<float> context_;         ///< [capacity, hidden]
  aligned_array<float> attention_scratch_;
};

} // namespace weft
