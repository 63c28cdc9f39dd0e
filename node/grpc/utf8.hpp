#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weft {

/// Length of the well-formed UTF-8 character at the start of `text` (Unicode 15, table 3-7), 0 when there is none.
/// REQUIRES: text is not empty.
size_t utf8_character(std::string_view text) noexcept;

bool is_utf8(std::string_view text) noexcept;

/// Number of characters of a well-formed text.
size_t utf8_length(std::string_view text) noexcept;

/// What may travel in a status message: every byte that is not part of well-formed UTF-8, and every control character,
/// is replaced by '?'; the end is cut off at `bytes_max` (and marked by "…"), between two characters.
std::string printable(std::string_view text, size_t bytes_max);

} // namespace weft
