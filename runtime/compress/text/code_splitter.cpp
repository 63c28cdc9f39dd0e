#include "runtime/compress/text/long_piece.hpp"
#include "runtime/compress/text/splitters.hpp"

#include <algorithm>
#include <array>

namespace weft {

namespace {

// A longer line is generated or minified; it is cut where it pauses, so that its parts can be chosen.
constexpr size_t code_line_bytes_max = 4'096;
constexpr size_t lead_lines_max = 32;

constexpr auto definition_starts = std::to_array<std::string_view>(
    {"abstract ",  "async def ", "async fn ", "async function ", "class ",       "const ",  "constexpr ",
     "def ",       "enum ",      "export ",   "extern ",         "final class ", "fn ",     "func ",
     "function ",  "impl",       "inline ",   "interface ",      "internal ",    "mod ",    "module ",
     "namespace ", "object ",    "private ",  "protected ",      "pub ",         "public ", "record ",
     "sealed ",    "static ",    "struct ",   "template",        "trait ",       "type ",   "typedef ",
     "union ",     "unsafe "});
constexpr auto attached_starts =
    std::to_array<std::string_view>({"@", "#[", "//", "/*", "*", "# ", "template", "\"\"\""});

bool starts_with_any(std::string_view line, const auto& starts) noexcept {
  return std::any_of(starts.begin(), starts.end(), [line](std::string_view start) { return line.starts_with(start); });
}

// "int main() {", "name() {", "size_t f(int a)": a name, a bracket, and a body that begins.
bool begins_function(std::string_view line) noexcept {
  return (is_letter(line[0]) || line[0] == '_') && line.find('(') != std::string_view::npos &&
         (line.back() == '{' || line.back() == ')') && !line.starts_with("if") && !line.starts_with("for") &&
         !line.starts_with("while") && !line.starts_with("switch") && !line.starts_with("else");
}

bool defines(std::string_view words) noexcept {
  return starts_with_any(words, definition_starts) || begins_function(words);
}

// Whether the comments and decorators from `at` on are those of a definition. Looks at a few lines only.
bool lead_to_definition(std::string_view text, size_t at, size_t end) noexcept {
  for (size_t lines = 0; at < end && lines < lead_lines_max; ++lines) {
    const auto line = line_at(text, at, end);
    at = line.next;
    if (line.blank())
      return false;
    const auto words = content(text, line);
    if (!starts_with_any(words, attached_starts))
      return line.indent() == 0 && defines(words);
  }
  return false;
}

} // namespace

void split_code(unit_writer& writer, text_range part) {
  bool attached = false; // the line before is a comment or a decorator of what comes
  for (auto at = part.begin; at < part.end;) {
    const auto line = line_at(writer.text(), at, part.end);
    at = line.next;
    if (line.blank()) {
      writer.end_paragraph();
      attached = false;
      continue;
    }
    const auto words = content(writer.text(), line);
    if (line.indent() == 0) {
      const bool leads = starts_with_any(words, attached_starts);
      if (!attached && (leads ? lead_to_definition(writer.text(), line.begin, part.end) : defines(words)))
        writer.end_section();
      else if (!attached && leads)
        writer.end_paragraph();
      attached = leads;
    }
    add_long_piece(writer, line.begin, line.end, unit_kind::code_line, code_line_bytes_max);
  }
  writer.end_section();
}

} // namespace weft
