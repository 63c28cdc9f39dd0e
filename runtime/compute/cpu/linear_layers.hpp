#pragma once

#include <cstddef>
#include <memory>

namespace weft {

/// The linear layers of one encoder: what the numeric classes differ in. Shared packed weights, own scratch memory;
/// belongs to one thread. Activations go in and out as fp32 rows, `tokens` of them, at most the block's capacity. Both
/// buffers have room for the capacity: rows beyond `tokens` may be read and overwritten.
class linear_layers {
public:
  virtual ~linear_layers() = default;
  /// Query, key and value in one: x [tokens, hidden] → out [tokens, 3·hidden], bias added.
  virtual void query_key_value(size_t layer, const float* x, size_t tokens, float* out) = 0;
  /// x [tokens, hidden] → out [tokens, hidden], bias added.
  virtual void attention_output(size_t layer, const float* x, size_t tokens, float* out) = 0;
  /// output(gelu(intermediate(x))): x [tokens, hidden] → out [tokens, hidden], biases added.
  virtual void feed_forward(size_t layer, const float* x, size_t tokens, float* out) = 0;
};

} // namespace weft
