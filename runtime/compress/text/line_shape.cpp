#include "runtime/compress/text/line_shape.hpp"

#include "runtime/compress/text/characters.hpp"
#include "runtime/compress/text/line_marks.hpp"

#include <algorithm>
#include <array>

namespace weft {

namespace {

// Lines that begin so are code, whatever follows.
constexpr auto code_starts = std::to_array<std::string_view>(
    {"#!/",        "#include",        "#define",    "#ifdef",    "#ifndef",    "#if ",
     "#endif",     "#else",           "#pragma",    "#[",        "@Override",  "def ",
     "elif ",      "else if ",        "fn ",        "func ",     "impl ",      "namespace ",
     "pub ",       "static ",         "template <", "template<", "typedef ",   "using ",
     "async def ", "async function ", "private ",   "public ",   "protected ", "extern ",
     "constexpr ", "inline ",         "esac",       "export ",   "local ",     "set -",
     "fi;",        "} else",          "try:",       "else:",     "finally:",   "except ",
     "pass",       "raise "});
// These are words as well: code where the line also has a mark of code.
constexpr auto code_words = std::to_array<std::string_view>(
    {"if",     "for",   "while",   "return",   "import", "from",      "class", "struct", "enum", "let",    "const",
     "var",    "use",   "package", "function", "switch", "case",      "do",    "done",   "then", "fi",     "else",
     "echo",   "print", "with",    "try",      "catch",  "throw",     "new",   "void",   "int",  "auto",   "bool",
     "double", "float", "char",    "string",   "trait",  "interface", "mod",   "match",  "type", "SELECT", "INSERT",
     "CREATE", "yield", "assert",  "unsigned", "final",  "end",       "begin", "loop"});
constexpr auto code_marks =
    std::to_array<std::string_view>({"();", "::", "->", "==",   "!=", "&&", "||",  "+=",  "=>",  ":=", "<=", ">=",
                                     "++",  "$(", "${", "\");", "](", "*/", " = ", "() ", "():", "<<", ">>"});

bool has_code_mark(std::string_view line) noexcept {
  return std::any_of(code_marks.begin(), code_marks.end(),
                     [line](std::string_view mark) { return line.find(mark) != std::string_view::npos; });
}

// "name(…)", "name.other(…)", "name = …", "a.b[c] += …" at the start of the line.
bool begins_with_statement(std::string_view line) noexcept {
  size_t at = 0;
  while (at < line.size() && (is_letter(line[at]) || is_digit(line[at]) || line[at] == '_' || line[at] == '.' ||
                              line[at] == '$' || line[at] == '[' || line[at] == ']' || line[at] == '*'))
    ++at;
  if (at == 0 || at >= line.size())
    return false;
  if (line[at] == '(')
    return line.back() == ')' || line.back() == ',' || line.back() == '(' || line.back() == ':';
  if (line[at] == '=')
    return at + 1 < line.size();
  if (line[at] == ' ' && at + 2 < line.size()) {
    const auto rest = line.substr(at + 1, 3);
    return rest.starts_with("= ") || rest == "+= " || rest == "-= " || rest == ":= ";
  }
  return false;
}

bool is_comment(std::string_view line) noexcept {
  return line.starts_with("//") || line.starts_with("/*") || line.starts_with("*/") || line.starts_with("\"\"\"") ||
         (line.starts_with("# ") || line == "#") || line.starts_with("-- ") || line.starts_with(";; ");
}

bool is_code(std::string_view line) noexcept {
  const char last = line.back();
  if (last == '{' || last == '}' || line == "});" || line == "};" || line == "]" || line == "]," || line == ")" ||
      line == "),")
    return true;
  for (const auto start : code_starts)
    if (line.starts_with(start))
      return true;
  const auto word = line.substr(0, std::min(line.find_first_of(" (;:<"), line.size()));
  const bool code_word = std::find(code_words.begin(), code_words.end(), word) != code_words.end();
  if (code_word && (word == line || last == ':' || last == ';' || last == '(' || last == ')' || last == ','))
    return true;
  const bool marked = has_code_mark(line);
  if (code_word && (marked || word == "import" || word == "package" || line.find_first_of("([\"$'=") < line.size()))
    return true;
  if (last == ';' || last == '(' || last == '\\')
    return marked || line.find_first_of("(=<_\"[") != std::string_view::npos || word.size() + 12 > line.size();
  if (line[0] == '@' && line.find(' ') == std::string_view::npos && line.size() > 2)
    return true;
  return begins_with_statement(line) || (marked && line.find_first_of("({;$_") != std::string_view::npos);
}

bool is_words(std::string_view line) noexcept {
  size_t plain = 0;
  size_t spaces = 0;
  for (const char c : line) {
    plain += is_letter(c) || !is_ascii(c) ? 1 : 0;
    spaces += c == ' ' ? 1 : 0;
  }
  const bool wide = !is_ascii(line[0]) && plain * 10 >= line.size() * 7;
  if (line.find('\t') != std::string_view::npos) // columns
    return false;
  return wide || (spaces >= 2 && (plain + spaces) * 100 >= line.size() * 80);
}

} // namespace

line_shape shape_of(std::string_view line) noexcept {
  if (line.empty())
    return line_shape::blank;
  if (line.size() > 512)
    line = line.substr(0, 512);
  if (has_time_at_start(line))
    return line_shape::timed;
  if (begins_with_level(line))
    return line_shape::leveled;
  if (is_fence(line))
    return line_shape::fence;
  if (is_rule(line))
    return line_shape::rule;
  if (line[0] == '|')
    return line_shape::pipes;
  if (is_code(line))
    return line_shape::code;
  if (hash_heading_level(line) > 0)
    return line_shape::heading;
  if (list_marker_bytes(line) > 0)
    return line_shape::list;
  if (is_comment(line))
    return line_shape::comment;
  return is_words(line) ? line_shape::words : line_shape::other;
}

} // namespace weft
