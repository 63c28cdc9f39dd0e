#pragma once

#include "runtime/job/embed.hpp"
#include "runtime/job/identity.hpp"

namespace weft {

/// Whether a result is of the model, version and class that were asked for: the model may have been opened anew, in
/// another class, while the texts were on their way.
inline bool made_as(const embed_result& result, const result_kind_parts& parts) {
  return result.model == parts.model && result.model_version == parts.model_version &&
         result.precision == parts.precision;
}

} // namespace weft
