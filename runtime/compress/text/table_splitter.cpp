#include "runtime/compress/text/line_marks.hpp"
#include "runtime/compress/text/splitters.hpp"
#include "runtime/compress/text/table_rows.hpp"

namespace weft {

namespace {

// The first row names the columns where none of its cells is a number, but the next row has some, or where it stands
// above a rule. A table of words alone is taken to have one too: losing it costs more than keeping a row.
bool is_header(const table_row& first) noexcept {
  return first.number_cells == 0 && first.cells > 1 && first.empty_cells * 2 <= first.cells;
}

} // namespace

void split_table(unit_writer& writer, text_range part, char delimiter) {
  const auto text = writer.text();
  bool first = true;
  for (auto at = part.begin; at < part.end;) {
    const auto row = table_row_at(text, at, part.end, delimiter);
    at = row.next;
    if (trimmed(text.substr(row.begin, row.end - row.begin)).empty()) {
      writer.end_paragraph();
      continue;
    }
    auto end = row.end;
    if (first && is_header(row)) {
      if (at < part.end) {
        const auto second = line_at(text, at, part.end);
        if (is_table_rule(content(text, second))) {
          end = second.end;
          at = second.next;
        }
      }
      writer.add_header(row.begin, end);
    } else {
      writer.add(row.begin, end, unit_kind::table_row);
    }
    first = false;
  }
  writer.end_section();
}

} // namespace weft
