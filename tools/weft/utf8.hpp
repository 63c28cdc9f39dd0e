#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weft::cli {

/// Byte offset of the first sequence that is not UTF-8 (RFC 3629: no surrogates, no overlong forms), if there is one.
std::optional<size_t> find_invalid_utf8(std::string_view text) noexcept;

/// One line that is safe on a terminal: control characters and white space become one space a run, what is not UTF-8
/// becomes U+FFFD. So no text can move the cursor or change colours.
std::string printable(std::string_view text);

/// The same for a text of several lines: line ends, tabs and spaces stay.
std::string printable_lines(std::string_view text);

/// Columns on a terminal: 2 for wide characters, 0 for combining marks. REQUIRES: valid UTF-8, no control characters.
size_t display_width(std::string_view text) noexcept;

/// The beginning of the text in at most `columns` columns, with "…" where something is left out.
std::string shorten(std::string_view text, size_t columns);

/// The end of the text in at most `columns` columns: of a long path the end tells more.
std::string shorten_front(std::string_view text, size_t columns);

} // namespace weft::cli
