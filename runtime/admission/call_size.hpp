#pragma once

#include "runtime/admission/call_limits.hpp"
#include "runtime/base/result.hpp"
#include "runtime/job/embed.hpp"

#include <cstdint>

namespace weft {

/// The bytes of all texts of a call that keeps the limits. Fails with errc::empty_call, too_many_items,
/// text_too_large (metadata "item", "bytes", "limit") or call_too_large. Reads sizes only, never the texts.
/// A call larger than all credit (bytes_max) could never enter, so that bounds it as well.
result<uint64_t> measure_call(const embed_request& request, const call_limits& limits);

} // namespace weft
