#include "runtime/compress/text/long_piece.hpp"

#include <algorithm>

namespace weft {

namespace {

// Bytes of the pause that begins at `at`, white space behind it not counted; 0: it is none.
size_t pause_bytes(std::string_view text, size_t at) noexcept {
  if ((text[at] == ';' || text[at] == ':') && at + 1 < text.size() && is_space(text[at + 1]))
    return 1;
  if (text[at] == '\xEF' || text[at] == '\xE3') {
    const auto mark = text.substr(at, 3);
    if (mark == "\uFF0C" || mark == "\uFF1B" || mark == "\uFF1A" || mark == "\u3001")
      return 3;
  }
  return 0;
}

// Where the first piece of text[begin, end) ends, which is longer than bytes_max.
size_t first_cut(std::string_view text, size_t begin, size_t end, size_t bytes_max) noexcept {
  const auto window = begin + bytes_max;
  const auto earliest = begin + bytes_max / 4; // shorter pieces would say little
  size_t line_end = 0;
  size_t space = 0;
  for (size_t at = window - 3; at > earliest; --at) {
    if (const auto bytes = pause_bytes(text, at); bytes > 0)
      return at + bytes;
    if (line_end == 0 && text[at] == '\n')
      line_end = at;
    if (space == 0 && is_space(text[at]))
      space = at;
  }
  if (line_end != 0 || space != 0)
    return line_end != 0 ? line_end : space;
  for (size_t at = window; at < std::min(end, begin + unit_bytes_max); ++at)
    if (is_space(text[at]))
      return at;
  return std::min(end, cut_at_space(text, begin, end, unit_bytes_max));
}

} // namespace

void add_long_piece(unit_writer& writer, size_t begin, size_t end, unit_kind kind, size_t bytes_max) {
  while (end - begin > bytes_max) {
    const auto cut = first_cut(writer.text(), begin, end, bytes_max);
    writer.add(begin, cut, kind);
    begin = cut;
  }
  writer.add(begin, end, kind);
}

} // namespace weft
