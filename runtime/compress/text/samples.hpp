#pragma once

#include "runtime/compress/text/lines.hpp"

#include <string_view>
#include <vector>

namespace weft {

/// The whole text, or of a longer one its start, middle and end: three parts of at most bytes_max bytes, ascending,
/// without overlap, each from the start of a line to the end of one where it has any. REQUIRES: valid UTF-8.
inline std::vector<text_range> samples_of(std::string_view text, size_t bytes_max) {
  if (text.size() <= 3 * bytes_max)
    return {{0, text.size()}};
  std::vector<text_range> parts;
  for (const size_t begin : {size_t{0}, (text.size() - bytes_max) / 2, text.size() - bytes_max}) {
    text_range part{begin, begin + bytes_max};
    const auto within = text.substr(0, part.end);
    if (const auto newline = within.find('\n', begin); begin > 0 && newline != std::string_view::npos)
      part.begin = newline + 1;
    if (const auto newline = within.rfind('\n');
        part.end < text.size() && newline != std::string_view::npos && newline > part.begin)
      part.end = newline + 1;
    while (part.begin < part.end && is_continuation(text[part.begin]))
      ++part.begin;
    while (part.end < text.size() && part.end > part.begin && is_continuation(text[part.end]))
      --part.end;
    if (part.begin < part.end)
      parts.push_back(part);
  }
  return parts;
}

} // namespace weft
