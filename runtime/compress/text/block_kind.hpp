#pragma once

#include "runtime/compress/kinds.hpp"
#include "runtime/compress/text/line_shape.hpp"
#include "runtime/compress/text/lines.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace weft {

/// What the lines of a part look like, blank ones and those inside fences left out.
struct line_counts {
  std::array<uint32_t, line_shape_count> shapes{};
  uint32_t lines = 0;     ///< that are not blank, outside fences
  uint32_t continued = 0; ///< of these: indented, or part of a stack trace
  uint32_t keyed = 0;     ///< "Key: value"
  uint32_t fenced = 0;    ///< inside fences

  uint32_t of(line_shape shape) const noexcept { return shapes[static_cast<size_t>(shape)]; }
  line_counts& operator+=(const line_counts& other) noexcept;
};

/// Looks at the first lines_max lines.
line_counts count_lines(std::string_view text, text_range part, size_t lines_max) noexcept;

/// Most of the lines that begin something begin with a time or a severity.
bool looks_like_log(const line_counts& counts) noexcept;
bool looks_like_code(const line_counts& counts) noexcept;
/// Short lines that are no running text: names, entries, addresses.
bool looks_like_entries(std::string_view text, text_range part) noexcept;

/// The delimiter of a table: , ; | or tab; 0: the rows of the part do not have equally many cells. `columns`: how many.
char find_delimiter(std::string_view text, text_range part, const line_counts& counts, uint32_t& columns) noexcept;

/// What a part without blank lines is: prose (lists too), code, log, table or json.
content_kind block_kind(std::string_view text, text_range part) noexcept;

/// The lines up to the next blank one; lines inside fences count as none. Begins behind blank lines; size() == 0: there
/// is no more.
text_range next_block(std::string_view text, size_t at, size_t end) noexcept;

} // namespace weft
