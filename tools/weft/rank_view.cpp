#include "tools/weft/rank_view.hpp"

#include "tools/weft/utf8.hpp"

#include <algorithm>
#include <cstdio>

namespace weft::cli {

cell score_cell(double score) {
  char text[16];
  std::snprintf(text, sizeof text, "%.3f", score);
  return {text, score >= 0.5 ? tone::good : score >= 0.3 ? tone::warning : tone::plain};
}

std::string wrapped(std::string_view text, size_t width) {
  constexpr std::string_view indent = "       ";
  std::string out;
  std::string line;
  size_t columns = 0;
  const std::string words = printable(text);
  for (size_t begin = 0; begin < words.size();) {
    const size_t end = std::min(words.find(' ', begin), words.size());
    const std::string_view word = std::string_view{words}.substr(begin, end - begin);
    const size_t word_columns = display_width(word);
    if (!line.empty() && columns + 1 + word_columns + indent.size() > width) {
      out.append(indent).append(line).append("\n");
      line.clear();
      columns = 0;
    }
    columns += (line.empty() ? 0 : 1) + word_columns;
    (line.empty() ? line : line.append(" ")).append(word);
    begin = end + 1;
  }
  return out.append(indent).append(line).append("\n");
}

} // namespace weft::cli
