#pragma once

#include <string>
#include <string_view>

namespace weft::cli {

/// RFC 4648, section 4: the common alphabet, padded, in one line.
std::string base64(std::string_view bytes);

} // namespace weft::cli
