#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compress/unit.hpp"

#include <string_view>

namespace weft {

/// Finds out what a text is, and cuts it into units; `tokens` stays empty. text: stays where it is as long as the
/// document is used. Deterministic, linear. A text of white space alone has no units. Errors: errc::not_text (a NUL
/// byte, or many control bytes; metadata "byte"), errc::invalid_utf8 (metadata "byte").
result<document> split_text(std::string_view text);

} // namespace weft
