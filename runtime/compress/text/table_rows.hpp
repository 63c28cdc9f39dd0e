#pragma once

#include "runtime/compress/text/lines.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weft {

/// A row of a table with delimiters, quoted as RFC 4180 says.
struct table_row {
  size_t begin = 0;
  size_t end = 0;  ///< before its newline
  size_t next = 0; ///< behind it
  uint32_t cells = 0;
  uint32_t empty_cells = 0;
  uint32_t number_cells = 0; ///< begin with a digit, a sign or a point
  uint32_t word_cells = 0;   ///< begin with a white space that text follows, as in running text
};

/// The row that begins at `at`, within a text that ends at `end`. A quoted cell may hold delimiters and newlines; where
/// its quote is not closed within 64 KiB, it is an ordinary character. The delimiter '|' knows no quotes. REQUIRES: at
/// < end.
table_row table_row_at(std::string_view text, size_t at, size_t end, char delimiter) noexcept;

} // namespace weft
