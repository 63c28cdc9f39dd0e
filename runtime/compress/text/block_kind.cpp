#include "runtime/compress/text/block_kind.hpp"

#include "runtime/compress/text/json_scan.hpp"
#include "runtime/compress/text/line_marks.hpp"
#include "runtime/compress/text/table_rows.hpp"

#include <algorithm>

namespace weft {

namespace {

constexpr size_t block_lines_max = 128;
constexpr size_t table_bytes_max = size_t{64} << 10;
constexpr uint32_t columns_max = 255;
// Entries stand in blocks of some lines, and on average are shorter than lines that were wrapped.
constexpr uint32_t entry_lines_min = 4;
constexpr uint32_t entry_lines_max = 32;
constexpr size_t entry_bytes_max = 60;

bool is_keyed(std::string_view line) noexcept {
  const auto colon = line.substr(0, 26).find(':');
  if (colon == std::string_view::npos || colon < 2 || colon + 1 >= line.size() || line[colon + 1] != ' ')
    return false;
  return std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return is_letter(c) || c == '-' || c == '_'; });
}

// What the rows of a part have in common.
struct row_counts {
  uint32_t rows = 0;
  uint32_t columns = 0; ///< of most rows
  uint32_t alike = 0;   ///< rows with so many
  uint32_t cells = 0;
  uint32_t number_cells = 0;
  uint32_t word_cells = 0;
  uint32_t empty_first = 0; ///< rows that begin with the delimiter
  uint32_t empty_last = 0;  ///< rows that end with it
};

row_counts count_rows(std::string_view text, text_range part, char delimiter) noexcept {
  row_counts count;
  std::array<uint32_t, columns_max + 1> by_columns{};
  const auto limit = std::min(part.end, part.begin + table_bytes_max);
  for (auto at = part.begin; at < limit;) {
    const auto row = table_row_at(text, at, part.end, delimiter);
    at = row.next;
    const auto words = trimmed(text.substr(row.begin, row.end - row.begin));
    if (words.empty() || is_table_rule(words) || (limit < part.end && row.next >= limit))
      continue;
    ++count.rows;
    ++by_columns[std::min(row.cells, columns_max)];
    count.cells += row.cells;
    count.number_cells += row.number_cells;
    count.word_cells += row.word_cells;
    count.empty_first += text[row.begin] == delimiter ? 1 : 0;
    count.empty_last += words.back() == delimiter ? 1 : 0;
  }
  const auto most = std::max_element(by_columns.begin(), by_columns.end());
  count.alike = *most;
  count.columns = static_cast<uint32_t>(most - by_columns.begin());
  return count;
}

bool is_table(const row_counts& count, char delimiter, const line_counts& lines) noexcept {
  if (count.columns < 2 || count.columns >= columns_max || count.rows < (count.columns == 2 ? 4U : 2U) ||
      count.alike * 20 < count.rows * 19)
    return false;
  if (delimiter == '|')
    return count.columns > 2 || count.rows > 4;
  if (count.empty_first * 2 > count.rows || lines.of(line_shape::code) * 2 > lines.lines)
    return false;
  if (delimiter == '\t')
    return true;
  if (count.empty_last * 2 > count.rows && delimiter == ';')
    return false;
  if (count.columns == 2 && lines.of(line_shape::timed) * 2 > lines.lines) // "10:00:00,123 INFO"
    return false;
  // Behind the commas of running text there is a space.
  return count.word_cells * 4 < count.cells || count.number_cells * 10 > count.cells * 3;
}

} // namespace

line_counts& line_counts::operator+=(const line_counts& other) noexcept {
  for (size_t i = 0; i < shapes.size(); ++i)
    shapes[i] += other.shapes[i];
  lines += other.lines;
  continued += other.continued;
  keyed += other.keyed;
  fenced += other.fenced;
  return *this;
}

line_counts count_lines(std::string_view text, text_range part, size_t lines_max) noexcept {
  line_counts counts;
  bool fenced = false;
  std::string_view comment_end; // of the comment or docstring that the line is in
  for (auto at = part.begin; at < part.end && lines_max > 0; --lines_max) {
    const auto line = line_at(text, at, part.end);
    at = line.next;
    if (line.blank())
      continue;
    const auto words = content(text, line);
    if (is_fence(words)) {
      fenced = !fenced;
      ++counts.shapes[static_cast<size_t>(line_shape::fence)];
      ++counts.lines;
      continue;
    }
    if (fenced) {
      ++counts.fenced;
      continue;
    }
    const bool inside = !comment_end.empty();
    if (!inside)
      comment_end = words.starts_with("/*") ? "*/" : words.starts_with("\"\"\"") ? "\"\"\"" : "";
    const auto shape = comment_end.empty() ? shape_of(words) : line_shape::comment;
    if (!comment_end.empty() && words.find(comment_end, inside ? 0 : 2) != std::string_view::npos)
      comment_end = {};
    ++counts.shapes[static_cast<size_t>(shape)];
    ++counts.lines;
    const bool starts = shape == line_shape::timed || shape == line_shape::leveled;
    counts.continued += !starts && (line.indent() > 0 || words.starts_with("at ") || words.starts_with("Caused by") ||
                                    words.starts_with("Traceback"))
                            ? 1
                            : 0;
    counts.keyed += is_keyed(words) ? 1 : 0;
  }
  return counts;
}

bool looks_like_log(const line_counts& counts) noexcept {
  const auto starts = counts.of(line_shape::timed) + counts.of(line_shape::leveled);
  const auto records = counts.lines - counts.continued;
  return starts > 0 && (starts * 2 > records || (starts * 4 > records && counts.keyed * 10 >= records * 8));
}

bool looks_like_code(const line_counts& counts) noexcept {
  const auto code = counts.of(line_shape::code);
  const auto neutral = counts.of(line_shape::comment) + counts.of(line_shape::heading); // "# …" may be a comment
  return code > 0 && code * 5 >= (counts.lines - neutral) * 2 && code >= counts.of(line_shape::words);
}

bool looks_like_entries(std::string_view text, text_range part) noexcept {
  uint32_t lines = 0;
  uint32_t others = 0;
  size_t bytes = 0;
  for (auto at = part.begin; at < part.end && lines < entry_lines_max; ++lines) {
    const auto line = line_at(text, at, part.end);
    at = line.next;
    if (line.blank())
      break;
    others += shape_of(content(text, line)) == line_shape::other ? 1 : 0;
    bytes += line.end - line.first;
  }
  return lines >= entry_lines_min && others * 10 >= lines * 7 && bytes < lines * entry_bytes_max;
}

char find_delimiter(std::string_view text, text_range part, const line_counts& counts, uint32_t& columns) noexcept {
  for (const char delimiter : {'\t', ',', ';', '|'}) {
    const auto count = count_rows(text, part, delimiter);
    if (is_table(count, delimiter, counts)) {
      columns = count.columns;
      return delimiter;
    }
  }
  return 0;
}

content_kind block_kind(std::string_view text, text_range part) noexcept {
  const auto counts = count_lines(text, part, block_lines_max);
  const auto first = line_at(text, part.begin, part.end).first;
  if (first < part.end && (text[first] == '{' || text[first] == '[')) {
    const auto json = scan_json(text, part.begin, part.end);
    if (json.valid && json.members > 0 && skip_json_space(text, json.end, part.end) == part.end)
      return content_kind::json;
  }
  if (counts.fenced > 0 || counts.of(line_shape::fence) > 0 || counts.of(line_shape::pipes) * 2 > counts.lines)
    return content_kind::prose; // whose splitter knows fences and pipe tables
  const bool begins_timed = time_bytes(text.substr(first, 64)) > 0;
  if (looks_like_log(counts) && (counts.lines > 1 || begins_timed)) // one line that names a day is no log
    return content_kind::log;
  uint32_t columns = 0;
  if (counts.lines > 2 && find_delimiter(text, part, counts, columns) != 0 && columns > 2)
    return content_kind::table;
  return looks_like_code(counts) ? content_kind::code : content_kind::prose;
}

text_range next_block(std::string_view text, size_t at, size_t end) noexcept {
  text_range block{end, end};
  bool fenced = false;
  while (at < end) {
    const auto line = line_at(text, at, end);
    at = line.next;
    if (line.blank()) {
      if (block.begin < end && !fenced)
        break;
      continue;
    }
    if (is_fence(content(text, line)))
      fenced = !fenced;
    if (block.begin == end)
      block.begin = line.begin;
    block.end = line.end;
  }
  return block;
}

} // namespace weft
