#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/numeric_class.hpp"

#include <compare>
#include <cstdint>

namespace weft::cuda {

/// One matrix product of the encoder: [tokens, inputs] times [outputs, inputs] transposed.
struct linear_shape {
  numeric_class precision = numeric_class::fp16;
  uint32_t tokens = 0;
  uint32_t outputs = 0;
  uint32_t inputs = 0;
  bool bias = false; ///< added by the product itself

  auto operator<=>(const linear_shape&) const = default;
};

/// What one product reads and writes, on the device, each aligned to 256 bytes, in the shape's class.
struct linear_operands {
  const void* x;      ///< [tokens, inputs]
  const void* weight; ///< [outputs, inputs]
  const void* bias;   ///< [outputs]; null where the shape has none
  void* y;            ///< [tokens, outputs]
};

/// Whoever multiplies matrices: cuBLASLt, or plain loops in tests.
class linear_runner {
public:
  virtual ~linear_runner() = default;
  /// Queues y = x · weightᵀ (+ bias), sums in fp32.
  virtual status run(const linear_shape& shape, const linear_operands& operands) = 0;
};

} // namespace weft::cuda
