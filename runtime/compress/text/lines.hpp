#pragma once

#include "runtime/compress/text/characters.hpp"

#include <cstddef>
#include <string_view>

namespace weft {

/// Bytes [begin, end) of a text.
struct text_range {
  size_t begin = 0;
  size_t end = 0;

  size_t size() const noexcept { return end - begin; }
};

/// One line: `end` is before its newline, `next` behind it.
struct text_line {
  size_t begin = 0;
  size_t end = 0;
  size_t next = 0;
  size_t first = 0; ///< its first byte that is no white space; == end: the line is blank

  bool blank() const noexcept { return first == end; }
  size_t indent() const noexcept { return first - begin; }
};

/// The line that begins at `at`, within a text that ends at `end`. REQUIRES: at < end.
inline text_line line_at(std::string_view text, size_t at, size_t end) noexcept {
  text_line line;
  line.begin = at;
  const auto newline = text.substr(0, end).find('\n', at);
  line.end = newline == std::string_view::npos ? end : newline;
  line.next = newline == std::string_view::npos ? end : newline + 1;
  line.first = at;
  while (line.first < line.end && is_space(text[line.first]))
    ++line.first;
  while (line.end > line.first && is_space(text[line.end - 1])) // trailing blanks and \r are no part of it
    --line.end;
  if (line.first > line.end)
    line.first = line.end;
  return line;
}

/// What a line says: without its indent and its newline.
inline std::string_view content(std::string_view text, const text_line& line) noexcept {
  return text.substr(line.first, line.end - line.first);
}

} // namespace weft
