#include "runtime/compress/text/unit_writer.hpp"

#include "runtime/base/assert.hpp"

namespace weft {

size_t cut_at_space(std::string_view text, size_t begin, size_t end, size_t bytes_max) noexcept {
  if (end - begin <= bytes_max)
    return end;
  for (size_t at = begin + bytes_max; at > begin + bytes_max / 2; --at)
    if (is_space(text[at - 1]))
      return at;
  size_t at = begin + bytes_max;
  while (is_continuation(text[at])) // at most three times
    --at;
  return at;
}

void unit_writer::append(text_range piece, unit_kind kind, uint8_t level, bool header) {
  WEFT_ASSERT(piece.begin <= piece.end);
  WEFT_ASSERT(piece.end <= text_.size());
  WEFT_ASSERT(units_.empty() || piece.begin >= units_.back().end);
  auto at = piece.begin;
  while (at < piece.end) {
    const auto cut = cut_at_space(text_, at, piece.end, unit_bytes_max);
    const auto part = trimmed(text_.substr(at, cut - at));
    at = cut;
    if (part.empty())
      continue;
    if (!units_.empty() && section_ends_)
      ++section_;
    if (!units_.empty() && paragraph_ends_)
      ++paragraph_;
    section_ends_ = paragraph_ends_ = false;
    text_unit unit;
    unit.begin = static_cast<uint64_t>(part.data() - text_.data());
    unit.end = unit.begin + part.size();
    unit.kind = kind;
    unit.level = level;
    unit.header = header;
    unit.section = section_;
    unit.paragraph = paragraph_;
    units_.push_back(unit);
  }
}

void unit_writer::add(size_t begin, size_t end, unit_kind kind) {
  append({begin, end}, kind, 0, false);
}

void unit_writer::add_heading(size_t begin, size_t end, uint8_t level) {
  end_section();
  append({begin, end}, unit_kind::heading, level, false);
  end_paragraph();
}

void unit_writer::add_header(size_t begin, size_t end) {
  append({begin, end}, unit_kind::table_row, 0, true);
}

} // namespace weft
