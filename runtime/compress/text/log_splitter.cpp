#include "runtime/compress/text/splitters.hpp"

#include <algorithm>

namespace weft {

namespace {

// A record goes on for so long; what follows is another, so that no unit swallows a log.
constexpr size_t record_bytes_max = size_t{64} << 10;
// Lines that are looked at to tell whether indenting a line means something here.
constexpr size_t indent_lines = 256;

// Whether an indented line continues the one before: not where most lines are indented.
bool indent_continues(std::string_view text, text_range part) noexcept {
  size_t lines = 0;
  size_t indented = 0;
  for (auto at = part.begin; at < part.end && lines < indent_lines;) {
    const auto line = line_at(text, at, part.end);
    at = line.next;
    if (line.blank())
      continue;
    ++lines;
    indented += line.indent() > 0 ? 1 : 0;
  }
  return indented * 10 < lines * 9;
}

bool continues_trace(std::string_view words) noexcept {
  return words.starts_with("Caused by") || words.starts_with("at ") || words.starts_with("Traceback (") ||
         words.starts_with("During handling of");
}

} // namespace

void split_log(unit_writer& writer, text_range part) {
  const auto text = writer.text();
  const bool indents_count = indent_continues(text, part);
  text_range record{part.begin, part.begin};
  bool in_traceback = false; // of Python: its last line, the error, is not indented
  const auto finish = [&] {
    writer.add(record.begin, record.end, unit_kind::log_line);
    record.begin = record.end;
  };
  for (auto at = part.begin; at < part.end;) {
    const auto line = line_at(text, at, part.end);
    at = line.next;
    if (line.blank()) {
      finish();
      writer.end_paragraph();
      record = {line.next, line.next};
      in_traceback = false;
      continue;
    }
    const auto words = content(text, line);
    const bool indented = line.indent() > 0 && indents_count;
    const bool goes_on = indented || continues_trace(words) || in_traceback;
    in_traceback = words.starts_with("Traceback (") || (in_traceback && indented);
    if (!goes_on || line.end - record.begin > record_bytes_max || record.size() == 0) {
      finish();
      record.begin = line.begin;
    }
    record.end = line.end;
  }
  finish();
  writer.end_section();
}

} // namespace weft
