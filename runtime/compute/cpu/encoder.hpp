#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compute/model/bert_weights.hpp"
#include "runtime/job/numeric_class.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace weft {

/// A packed batch: sequence i owns ids[offsets[i] .. offsets[i + 1]). No padding; no empty sequence.
struct packed_tokens {
  std::span<const int32_t> ids;      ///< [tokens]
  std::span<const uint32_t> offsets; ///< [sequences + 1]
};

/// The encoder of one thread: shared packed weights, own scratch memory. Not thread-safe; make one a thread.
/// A text gives the same vector (cosine ≥ 0.99999) alone and in any batch.
class cpu_encoder {
public:
  virtual ~cpu_encoder() = default;
  virtual numeric_class precision() const noexcept = 0;
  /// Transformer layers, then the mean over each sequence's tokens, not normalised.
  /// out: [sequences, hidden].
  virtual void encode(packed_tokens batch, std::span<float> out) = 0;
};

/// Weights in the form that one numeric class needs, packed once and shared by all encoders of a process.
class cpu_encoder_factory {
public:
  virtual ~cpu_encoder_factory() = default;
  virtual numeric_class precision() const noexcept = 0;
  virtual std::unique_ptr<cpu_encoder> make() const = 0;
};

using cpu_encoder_factory_ptr = std::shared_ptr<const cpu_encoder_factory>;

/// fp32 on our own kernels, or on oneDNN's linear layers in a build with WEFT_ONEDNN=ON.
cpu_encoder_factory_ptr make_fp32_encoder_factory(std::shared_ptr<const bert_weights> weights);
/// 16-bit fixed point linear layers. REQUIRES: cpu_supports(numeric_class::int16).
cpu_encoder_factory_ptr make_int16_encoder_factory(std::shared_ptr<const bert_weights> weights);
/// bf16 linear layers on AMX tiles. REQUIRES: cpu_supports(numeric_class::bf16).
cpu_encoder_factory_ptr make_bf16_encoder_factory(std::shared_ptr<const bert_weights> weights);

/// True when this CPU (and its kernel's permission, for AMX) can run the class.
bool cpu_supports(numeric_class precision) noexcept;

} // namespace weft
