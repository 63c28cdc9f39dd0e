#include "runtime/compress/select/characters.hpp"
#include "runtime/compress/strategies/line_form.hpp"

#include <array>

namespace weft {
namespace {

struct severe_word {
  std::string_view word; ///< in small letters
  line_severity severity;
};

// Whole words, each with its forms: a prefix rule would take "warningless" and "failover" too.
constexpr auto severe_words = std::to_array<severe_word>({
    {"error", line_severity::error},      {"errors", line_severity::error},      {"err", line_severity::error},
    {"errno", line_severity::error},      {"fail", line_severity::error},        {"fails", line_severity::error},
    {"failed", line_severity::error},     {"failing", line_severity::error},     {"failure", line_severity::error},
    {"failures", line_severity::error},   {"fatal", line_severity::error},       {"panic", line_severity::error},
    {"panicked", line_severity::error},   {"exception", line_severity::error},   {"exceptions", line_severity::error},
    {"traceback", line_severity::error},  {"critical", line_severity::error},    {"crit", line_severity::error},
    {"emerg", line_severity::error},      {"emergency", line_severity::error},   {"alert", line_severity::error},
    {"severe", line_severity::error},     {"segfault", line_severity::error},    {"abort", line_severity::error},
    {"aborted", line_severity::error},    {"aborting", line_severity::error},    {"crash", line_severity::error},
    {"crashed", line_severity::error},    {"unhandled", line_severity::error},   {"uncaught", line_severity::error},
    {"corrupt", line_severity::error},    {"corrupted", line_severity::error},   {"corruption", line_severity::error},
    {"oops", line_severity::error},       {"unreachable", line_severity::error}, {"refused", line_severity::error},
    {"denied", line_severity::error},     {"warn", line_severity::warning},      {"warning", line_severity::warning},
    {"warnings", line_severity::warning},
});

constexpr size_t word_min = 3;
constexpr size_t word_max = 16;

/// Perfect for no reason but size: 256 slots, chained by trying the next.
struct severe_table {
  std::array<uint8_t, 256> slots{}; ///< index + 1; 0: empty

  static constexpr size_t slot_of(std::string_view word) noexcept {
    return (static_cast<unsigned char>(word[0]) * 7u + static_cast<unsigned char>(word[2]) * 31u +
            static_cast<unsigned char>(word.back()) * 3u + word.size() * 17u) &
           255u;
  }
  constexpr severe_table() {
    for (size_t i = 0; i < severe_words.size(); ++i) {
      size_t at = slot_of(severe_words[i].word);
      while (slots[at] != 0)
        at = (at + 1) & 255u;
      slots[at] = static_cast<uint8_t>(i + 1);
    }
  }
  line_severity find(std::string_view word) const noexcept {
    for (size_t at = slot_of(word); slots[at] != 0; at = (at + 1) & 255u)
      if (severe_words[slots[at] - size_t{1}].word == word)
        return severe_words[slots[at] - size_t{1}].severity;
    return line_severity::none;
  }
};
constexpr severe_table severe;

bool is_letter(char c) noexcept {
  const byte_class k = class_of(c);
  return k == byte_class::lower || k == byte_class::upper;
}
bool is_digit(char c) noexcept {
  return class_of(c) == byte_class::digit;
}

/// "0 errors", "no error", "without failure".
bool is_denied_before(std::string_view line, size_t begin) noexcept {
  size_t end = begin;
  while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '"'))
    --end;
  size_t at = end;
  while (at > 0 && (is_letter(line[at - 1]) || is_digit(line[at - 1])))
    --at;
  const std::string_view before = line.substr(at, end - at);
  return before == "0" || before == "no" || before == "No" || before == "without" || before == "zero";
}

/// "errors=0", "error: none", "\"error\": null", "failed: false".
bool is_denied_behind(std::string_view line, size_t end) noexcept {
  if (end < line.size() && (line[end] == '"' || line[end] == '\''))
    ++end;
  while (end < line.size() && line[end] == ' ')
    ++end;
  if (end >= line.size() || (line[end] != '=' && line[end] != ':'))
    return false;
  ++end;
  while (end < line.size() && (line[end] == ' ' || line[end] == '"'))
    ++end;
  size_t last = end;
  while (last < line.size() && (is_letter(line[last]) || is_digit(line[last]) || line[last] == '.'))
    ++last;
  const std::string_view value = line.substr(end, last - end);
  return value == "0" || value == "none" || value == "None" || value == "null" || value == "nil" || value == "false" ||
         value == "False" || value == "0.0";
}

/// A word of letters [begin, end): itself, or its last hump ("NullPointerException", "ValueError").
line_severity severity_of_word(std::string_view line, size_t begin, size_t end) noexcept {
  size_t hump = begin;
  for (size_t i = begin + 1; i < end; ++i)
    if (class_of(line[i]) == byte_class::upper && class_of(line[i - 1]) == byte_class::lower)
      hump = i;
  if (end - hump < word_min || end - hump > word_max)
    return line_severity::none;
  std::array<char, word_max> small{};
  for (size_t i = hump; i < end; ++i)
    small[i - hump] = static_cast<char>(line[i] | 0x20);
  const line_severity found = severe.find({small.data(), end - hump});
  if (found == line_severity::none || is_denied_before(line, begin) || is_denied_behind(line, end))
    return line_severity::none;
  return found;
}

/// Three digits from 500 to 599 after a quoted request, "status" or "HTTP/1.1": the status of a reply.
bool is_server_error(std::string_view line, size_t begin, size_t end) noexcept {
  if (end - begin != 3 || line[begin] != '5' || (end < line.size() && (line[end] == '.' || line[end] == ':')))
    return false;
  size_t at = begin;
  while (at > 0 && (line[at - 1] == ' ' || line[at - 1] == '=' || line[at - 1] == ':'))
    --at;
  if (at == begin)
    return false;
  const std::string_view before = line.substr(0, at);
  const auto ends = [&](std::string_view with) { return before.ends_with(with); };
  return ends("HTTP/1.1\"") || ends("HTTP/1.0\"") || ends("HTTP/2.0\"") || ends("HTTP/2\"") || ends("HTTP/1.1") ||
         ends("HTTP/1.0") || ends("HTTP/2") || ends("status") || ends("Status") || ends("status\"") || ends("code") ||
         ends("status_code") || ends("status_code\"") || ends("HTTP");
}

/// "exit code 2", "exited with status 1", "exit status: 127", "rc=1", "returncode=3": begin is where the number stands.
bool is_bad_exit(std::string_view line, size_t begin) noexcept {
  if (line[begin] == '0')
    return false;
  size_t at = begin;
  while (at > 0 && (line[at - 1] == ' ' || line[at - 1] == '=' || line[at - 1] == ':' || line[at - 1] == '-'))
    --at;
  const std::string_view before = line.substr(at > 24 ? at - 24 : 0, at > 24 ? 24 : at);
  if (at == begin)
    return false;
  if (before.ends_with("returncode") || before == "rc" || before.ends_with(" rc"))
    return true;
  const bool named = before.ends_with("code") || before.ends_with("status") || before.ends_with("code\"");
  return named && (before.find("exit") != std::string_view::npos || before.find("Exit") != std::string_view::npos);
}

/// The level that begins a line: "E0612 …" or "F0612 …", "<3>" and below of the kernel, "E/tag".
line_severity severity_of_start(std::string_view line) noexcept {
  if (line.size() < 3)
    return line_severity::none;
  const char c = line[0];
  const bool coded = (line.size() > 5 && is_digit(line[1]) && is_digit(line[2]) && is_digit(line[3]) &&
                      is_digit(line[4]) && line[5] == ' ') ||
                     line[1] == '/';
  if (coded && (c == 'E' || c == 'F'))
    return line_severity::error;
  if (coded && c == 'W')
    return line_severity::warning;
  if (c == '<' && is_digit(line[1]) && line[2] == '>')
    return line[1] <= '3' ? line_severity::error : line[1] == '4' ? line_severity::warning : line_severity::none;
  return line_severity::none;
}

} // namespace

line_severity severity_of(std::string_view line) {
  line_severity worst = severity_of_start(line);
  for (size_t at = 0; at < line.size() && worst != line_severity::error;) {
    const size_t begin = at;
    if (is_letter(line[at])) {
      while (at < line.size() && is_letter(line[at]))
        ++at;
      if (at - begin >= word_min)
        if (const line_severity found = severity_of_word(line, begin, at); found > worst)
          worst = found;
    } else if (is_digit(line[at])) {
      while (at < line.size() && is_digit(line[at]))
        ++at;
      if (at - begin <= 5 && begin > 2 && (is_server_error(line, begin, at) || is_bad_exit(line, begin)))
        worst = line_severity::error;
    } else {
      ++at;
    }
  }
  return worst;
}

} // namespace weft
