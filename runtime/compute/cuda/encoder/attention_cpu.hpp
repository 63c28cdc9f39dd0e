#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft::cuda {

/// Values of one head: all that the kernels know.
inline constexpr uint32_t head_size = 32;

/// The twin of both attention kernels, and with Number = double their reference: out = softmax(Q·Kᵀ / √32)·V for each
/// sequence and head, in the order of the definition. qkv: [tokens, 3, heads, 32]; offsets: [sequences + 1];
/// out: [tokens, heads, 32].
template <class Number>
void attention_cpu(const Number* qkv, const uint32_t* offsets, uint32_t sequences, uint32_t heads, Number* out) {
  const size_t hidden = static_cast<size_t>(heads) * head_size;
  const Number scale = 1 / std::sqrt(Number{head_size});
  for (size_t s = 0; s < sequences; ++s) {
    const size_t begin = offsets[s], length = offsets[s + 1] - begin;
    std::vector<Number> weights(length);
    for (size_t head = 0; head < heads; ++head)
      for (size_t row = 0; row < length; ++row) {
        const auto* query = qkv + (begin + row) * 3 * hidden + head * head_size;
        for (size_t key = 0; key < length; ++key) {
          const auto* other = qkv + (begin + key) * 3 * hidden + hidden + head * head_size;
          weights[key] = 0;
          for (size_t d = 0; d < head_size; ++d)
            weights[key] += query[d] * other[d];
        }
        const Number top = *std::max_element(weights.begin(), weights.end());
        Number sum = 0;
        for (auto& w : weights)
          sum += w = std::exp((w - top) * scale);
        for (size_t d = 0; d < head_size; ++d) {
          Number value = 0;
          for (size_t key = 0; key < length; ++key)
            value += weights[key] * qkv[(begin + key) * 3 * hidden + 2 * hidden + head * head_size + d];
          out[(begin + row) * hidden + head * head_size + d] = value / sum;
        }
      }
  }
}

} // namespace weft::cuda
