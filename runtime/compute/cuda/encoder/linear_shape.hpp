#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/numeric_class.hpp"

#include <compare>
#include <cstdint>

namespace weft::cuda {

/// What a product adds to its sums before they are rounded, so that no kernel after it must read them for that.
enum class linear_form : uint8_t {
  bias,     ///< x · weightᵀ + bias
  residual, ///< x · weightᵀ + bias + residual
  gelu,     ///< gelu(x · weightᵀ + bias), in the tanh form
};
inline constexpr uint32_t linear_forms = 3;

/// One matrix product of the encoder: [tokens, inputs] times [outputs, inputs] transposed.
struct linear_shape {
  numeric_class precision = numeric_class::fp16;
  uint32_t tokens = 0;
  uint32_t outputs = 0;
  uint32_t inputs = 0;
  linear_form form = linear_form::bias;

  auto operator<=>(const linear_shape&) const = default;
};

/// What one product reads and writes, on the device, each aligned to 256 bytes, in the shape's class.
struct linear_operands {
  const void* x;        ///< [tokens, inputs]
  const void* weight;   ///< [outputs, inputs]
  const void* bias;     ///< [outputs]
  const void* residual; ///< [tokens, outputs], another matrix than y; null but for linear_form::residual
  void* y;              ///< [tokens, outputs]
};

/// Whoever multiplies matrices: cuBLASLt, or plain loops in tests.
class linear_runner {
public:
  virtual ~linear_runner() = default;
  /// Queues y = what the form says, sums and what is added to them in fp32.
  virtual status run(const linear_shape& shape, const linear_operands& operands) = 0;
};

} // namespace weft::cuda
