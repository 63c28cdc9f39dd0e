#include "runtime/compress/text/characters.hpp"
#include "runtime/compress/text/line_shape.hpp"

#include <algorithm>
#include <array>

namespace weft {

namespace {

constexpr auto months = std::to_array<std::string_view>(
    {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"});
constexpr auto weekdays = std::to_array<std::string_view>({"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"});
constexpr auto levels =
    std::to_array<std::string_view>({"ALERT", "CRIT", "CRITICAL", "DEBUG", "EMERG", "ERR", "ERROR", "FATAL", "INFO",
                                     "NOTE", "NOTICE", "PANIC", "SEVERE", "TRACE", "WARN", "WARNING"});

// A time stands within so many bytes of the line's start, or the line is not taken for one of a log.
constexpr size_t time_within = 72;
constexpr size_t words_before_time = 3; // a host and who asked

template <size_t N> bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) noexcept {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Bytes of what follows a pattern: d is a digit, D a digit or a space, a any letter, anything else itself; 0: it does
// not fit.
size_t fits(std::string_view text, std::string_view pattern) noexcept {
  if (text.size() < pattern.size())
    return 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = text[i];
    const char p = pattern[i];
    const bool same = p == 'd' ? is_digit(c) : p == 'D' ? is_digit(c) || c == ' ' : p == 'a' ? is_letter(c) : c == p;
    if (!same)
      return 0;
  }
  return pattern.size();
}

size_t fits_any(std::string_view text, std::initializer_list<std::string_view> patterns) noexcept {
  for (const auto pattern : patterns)
    if (const auto bytes = fits(text, pattern); bytes > 0)
      return bytes;
  return 0;
}

// ".123", ",123456", "Z", "+01:00" behind a time.
size_t time_tail(std::string_view text, size_t at) noexcept {
  if (at + 1 < text.size() && (text[at] == '.' || text[at] == ',') && is_digit(text[at + 1])) {
    ++at;
    while (at < text.size() && is_digit(text[at]))
      ++at;
  }
  if (at < text.size() && text[at] == 'Z')
    return at + 1;
  for (const std::string_view zone : {"+dd:dd", "-dd:dd", "+dddd", "-dddd"})
    if (const auto bytes = fits(text.substr(std::min(at, text.size())), zone); bytes > 0)
      return at + bytes;
  return at;
}

// "Jan  2 15:04:05", with or without a weekday before or a year behind.
size_t month_time_bytes(std::string_view text) noexcept {
  size_t at = 0;
  if (is_one_of(weekdays, text.substr(0, 3))) {
    at = text.size() > 4 && text[3] == ',' ? 5 : 4;
    if (text.size() <= at)
      return 0;
    if (const auto bytes = fits(text.substr(at), "Dd aaa dddd dd:dd:dd"); bytes > 0)
      return at + bytes;
  }
  if (!is_one_of(months, text.substr(at, 3)))
    return 0;
  const auto bytes = fits_any(text.substr(at), {"aaa Dd dd:dd:dd", "aaa Dd dddd dd:dd:dd"});
  return bytes == 0 ? 0 : time_tail(text, at + bytes);
}

// Seconds or milliseconds since 1970, of this century.
size_t epoch_bytes(std::string_view text) noexcept {
  if (text.size() < 11 || text[0] != '1')
    return 0;
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if ((digits != 10 && digits != 13) || digits == text.size())
    return 0;
  const auto end = time_tail(text, digits);
  return end < text.size() && (is_space(text[end]) || text[end] == ']' || text[end] == ':') ? end : 0;
}

// "[   12.345678]"
size_t uptime_bytes(std::string_view text) noexcept {
  if (text.empty() || text[0] != '[')
    return 0;
  auto at = text.substr(0, 16).find_first_not_of(' ', 1);
  if (at == std::string_view::npos || !is_digit(text[at]))
    return 0;
  at = std::min(text.find_first_not_of("0123456789", at), text.size());
  return fits(text.substr(at), ".dddddd]") > 0 ? at + 8 : 0;
}

} // namespace

size_t time_bytes(std::string_view text) noexcept {
  if (text.empty())
    return 0;
  if (is_digit(text[0])) {
    const auto bytes =
        fits_any(text, {"dddd-dd-ddTdd:dd", "dddd-dd-dd dd:dd", "dddd-dd-dd  dd:dd", "dddd/dd/dd dd:dd",
                        "dd.dd.dddd dd:dd", "dd/dd/dddd dd:dd", "dd-dd-dddd dd:dd", "dd/aaa/dddd:dd:dd",
                        "dd-aaa-dddd dd:dd", "dddd-dd-dd_dd:dd", "dd:dd", "ddddddddTdddd", "dddddd dd:dd"});
    if (bytes == 5 || bytes == 0) { // an hour alone wants its seconds
      const auto clock = fits(text, "dd:dd:dd");
      return clock > 0 ? time_tail(text, clock) : epoch_bytes(text);
    }
    const auto seconds = fits(text.substr(bytes), ":dd");
    return time_tail(text, bytes + seconds);
  }
  if (text[0] == '[')
    return uptime_bytes(text);
  if (is_upper(text[0])) {
    if (const auto glog = fits(text, "adddd dd:dd:dd.dddddd"); glog > 0)
      return glog;
    return month_time_bytes(text);
  }
  return 0;
}

bool has_time_at_start(std::string_view line) noexcept {
  const auto head = line.substr(0, time_within + 32);
  size_t words = 0;
  for (size_t at = 0; at < std::min(head.size(), time_within); ++at) {
    const bool begins = at == 0 || is_space(head[at - 1]) || head[at - 1] == '[' || head[at - 1] == '(' ||
                        head[at - 1] == '<' || head[at - 1] == '=' || head[at - 1] == '"' || head[at - 1] == '>';
    if (!begins || is_space(head[at]))
      continue;
    if (time_bytes(head.substr(at)) > 0)
      return true;
    if (head[at] != '[' && head[at] != '(' && ++words > words_before_time)
      return false;
  }
  return false;
}

bool begins_with_level(std::string_view line) noexcept {
  const bool bracket = !line.empty() && (line[0] == '[' || line[0] == '<');
  if (bracket)
    line.remove_prefix(1);
  std::array<char, 8> upper{};
  size_t size = 0;
  bool capitals = true;
  while (size < std::min(line.size(), upper.size()) && is_letter(line[size])) {
    capitals &= is_upper(line[size]);
    upper[size] = is_upper(line[size]) ? line[size] : static_cast<char>(line[size] - ('a' - 'A'));
    ++size;
  }
  if (size == 0 || size >= line.size())
    return false;
  const char behind = line[size];
  if (size == 1) // as apt says it: "E: ..."
    return (line[0] == 'E' || line[0] == 'W' || line[0] == 'N') && behind == ':' && line.size() > 2 && line[2] == ' ';
  if (!is_one_of(levels, {upper.data(), size}))
    return false;
  return behind == ':' || (bracket && (behind == ']' || behind == '>')) ||
         (capitals && (is_space(behind) || behind == '['));
}

} // namespace weft
