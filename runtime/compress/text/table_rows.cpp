#include "runtime/compress/text/table_rows.hpp"

#include <algorithm>

namespace weft {

namespace {

constexpr size_t quoted_bytes_max = size_t{64} << 10;

// Behind the quote that closes the one at `at`; npos: none within the limit.
size_t quote_end(std::string_view text, size_t at, size_t end) noexcept {
  const auto within = text.substr(0, std::min(end, at + quoted_bytes_max));
  for (auto close = within.find('"', at + 1); close != std::string_view::npos; close = within.find('"', close + 2))
    if (close + 1 >= end || text[close + 1] != '"')
      return close + 1;
  return std::string_view::npos;
}

} // namespace

table_row table_row_at(std::string_view text, size_t at, size_t end, char delimiter) noexcept {
  table_row row;
  row.begin = at;
  bool cell_starts = true;
  const auto starts_cell = [&](size_t first) {
    ++row.cells;
    const char c = first < end ? text[first] : '\n';
    if (c == delimiter || c == '\n' || c == '\r')
      ++row.empty_cells;
    else if (is_digit(c) ||
             ((c == '-' || c == '+' || c == '.' || c == '$') && first + 1 < end && is_digit(text[first + 1])))
      ++row.number_cells;
    else if (c == ' ')
      ++row.word_cells;
  };
  for (; at < end && text[at] != '\n'; ++at) {
    if (cell_starts)
      starts_cell(at);
    const bool quoted = cell_starts && text[at] == '"' && delimiter != '|';
    cell_starts = text[at] == delimiter;
    if (quoted)
      if (const auto closed = quote_end(text, at, end); closed != std::string_view::npos)
        at = closed - 1;
  }
  if (cell_starts && at > row.begin)
    starts_cell(at);
  row.end = at;
  row.next = at < end ? at + 1 : end;
  return row;
}

} // namespace weft
