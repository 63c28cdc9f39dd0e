#pragma once

#include "runtime/compress/text/detect.hpp"

#include <optional>
#include <string_view>

namespace weft {

/// JSON, JSON lines (one in ten may be broken), or JSON that does not parse: mixed, and `why` names the byte. Empty: it
/// is not meant as JSON.
std::optional<detection> detect_json(std::string_view text);

} // namespace weft
