#pragma once

#include "runtime/compute/cpu/encoder.hpp"
#include "runtime/compute/cpu/vector_kernels.hpp"

#include <cstddef>
#include <span>

namespace weft {

/// A run of whole sequences of a packed batch.
struct sequence_block {
  size_t first = 0; ///< sequence
  size_t last = 0;  ///< one past the last sequence
};

/// The sequences from `first` on that fit into `tokens_best` tokens, but at least one.
/// REQUIRES: first + 1 < offsets.size().
sequence_block next_block(std::span<const uint32_t> offsets, size_t first, size_t tokens_best) noexcept;

/// What the first layer reads: word + position + token type, then layer norm. rows: [tokens of the block, hidden].
/// REQUIRES: ids are below the vocabulary's size; no sequence is empty or longer than the position table.
void embed_tokens(const bert_weights& weights, const vector_kernels& kernels, packed_tokens batch, sequence_block block,
                  float* rows);

} // namespace weft
