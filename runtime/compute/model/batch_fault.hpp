#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compute/model/bert_weights.hpp"
#include "runtime/ports/engine.hpp"

#include <optional>
#include <string>

namespace weft {

/// Why a model of this shape cannot compute `batch` (errc::internal: whoever packed it is wrong), or nothing.
/// Encoders take well-formed batches only: on a device an id outside of its table would end it for the whole process.
inline std::optional<failure> find_fault(const embed_batch& batch, const bert_shape& shape) {
  const auto fault = [](const char* what) { return failure{errc::internal, std::string("malformed batch: ") + what}; };
  if (batch.offsets.size() != batch.normalize.size() + 1)
    return fault("offsets and normalize do not fit each other");
  if (batch.offsets.front() != 0 || batch.offsets.back() != batch.ids.size())
    return fault("offsets do not span the ids");
  for (size_t s = 0; s + 1 < batch.offsets.size(); ++s)
    if (batch.offsets[s] >= batch.offsets[s + 1] || batch.offsets[s + 1] - batch.offsets[s] > shape.positions)
      return fault("a sequence is empty or longer than the model's positions");
  for (const int32_t id : batch.ids)
    if (static_cast<uint32_t>(id) >= shape.vocabulary)
      return fault("an id is outside the vocabulary");
  return std::nullopt;
}

} // namespace weft
