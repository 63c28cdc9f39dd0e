#include "runtime/compute/cpu/embedding.hpp"

#include "runtime/base/assert.hpp"

namespace weft {

sequence_block next_block(std::span<const uint32_t> offsets, size_t first, size_t tokens_best) noexcept {
  size_t last = first + 1;
  while (last + 1 < offsets.size() && offsets[last + 1] - offsets[first] <= tokens_best)
    ++last;
  return {first, last};
}

void embed_tokens(const bert_weights& w, const vector_kernels& kernels, packed_tokens batch, sequence_block block,
                  float* row) {
  const size_t hidden = w.shape.hidden;
  for (size_t s = block.first; s < block.last; ++s) {
    const uint32_t begin = batch.offsets[s];
    const uint32_t end = batch.offsets[s + 1];
    WEFT_ASSERT(begin < end);
    WEFT_ASSERT(end - begin <= w.shape.positions);
    for (uint32_t t = begin; t < end; ++t, row += hidden) {
      WEFT_ASSERT(static_cast<uint32_t>(batch.ids[t]) < w.shape.vocabulary);
      const float* word = w.word_embeddings.data() + static_cast<size_t>(batch.ids[t]) * hidden;
      const float* position = w.position_embeddings.data() + (t - begin) * hidden;
      for (size_t i = 0; i < hidden; ++i)
        row[i] = word[i] + w.token_type_embedding[i] + position[i];
      kernels.layer_norm(row, w.embedding_norm.gamma.data(), w.embedding_norm.beta.data(), w.shape.layer_norm_epsilon,
                         hidden);
    }
  }
}

} // namespace weft
