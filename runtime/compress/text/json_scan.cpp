#include "runtime/compress/text/json_scan.hpp"

#include "runtime/compress/text/characters.hpp"

#include <array>
#include <bitset>

namespace weft {

namespace {

// Behind the string whose opening quote is at `at`; the bad byte and false where it is not valid.
bool scan_string(std::string_view text, size_t& at, size_t end) noexcept {
  ++at;
  while (at < end) {
    const char c = text[at];
    if (c == '"') {
      ++at;
      return true;
    }
    if (static_cast<unsigned char>(c) < 0x20)
      return false;
    if (c == '\\') {
      ++at;
      if (at >= end)
        return false;
      if (text[at] == 'u') {
        for (int i = 0; i < 4; ++i) {
          ++at;
          if (at >= end || !(is_digit(text[at]) || (to_lower(text[at]) >= 'a' && to_lower(text[at]) <= 'f')))
            return false;
        }
      } else if (std::string_view("\"\\/bfnrt").find(text[at]) == std::string_view::npos) {
        return false;
      }
    }
    ++at;
  }
  return false;
}

bool scan_digits(std::string_view text, size_t& at, size_t end) noexcept {
  const auto begin = at;
  while (at < end && is_digit(text[at]))
    ++at;
  return at > begin;
}

bool scan_number(std::string_view text, size_t& at, size_t end) noexcept {
  if (text[at] == '-')
    ++at;
  const bool zero = at < end && text[at] == '0';
  const auto begin = at;
  if (!scan_digits(text, at, end) || (zero && at - begin > 1))
    return false;
  if (at < end && text[at] == '.')
    if (++at; !scan_digits(text, at, end))
      return false;
  if (at < end && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < end && (text[at] == '+' || text[at] == '-'))
      ++at;
    return scan_digits(text, at, end);
  }
  return true;
}

bool scan_scalar(std::string_view text, size_t& at, size_t end) noexcept {
  if (text[at] == '"')
    return scan_string(text, at, end);
  if (text[at] == '-' || is_digit(text[at]))
    return scan_number(text, at, end);
  for (const std::string_view word : {"true", "false", "null"})
    if (text.substr(at, end - at).starts_with(word)) {
      at += word.size();
      return true;
    }
  return false;
}

// The key of a member and its colon; `at` is on its quote.
bool scan_key(std::string_view text, size_t& at, size_t end) noexcept {
  if (at >= end || text[at] != '"' || !scan_string(text, at, end))
    return false;
  at = skip_json_space(text, at, end);
  if (at >= end || text[at] != ':')
    return false;
  at = skip_json_space(text, at + 1, end);
  return at < end;
}

} // namespace

size_t skip_json_space(std::string_view text, size_t at, size_t end) noexcept {
  while (at < end && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t'))
    ++at;
  return at;
}

json_scan scan_json(std::string_view text, size_t at, size_t end) noexcept {
  std::bitset<json_depth_max> objects; // by depth: an object, or an array
  size_t depth = 0;
  size_t members = 0;
  at = skip_json_space(text, at, end);
  while (at < end) { // at a value
    if (text[at] == '{' || text[at] == '[') {
      if (depth == json_depth_max)
        return {at, false, members};
      const bool object = text[at] == '{';
      objects[depth++] = object;
      at = skip_json_space(text, at + 1, end);
      if (at < end && text[at] != (object ? '}' : ']')) {
        if (object && !scan_key(text, at, end))
          return {at, false, members};
        continue;
      }
    } else if (!scan_scalar(text, at, end)) {
      return {at, false, members};
    }
    for (;;) { // behind a value, or before the bracket that closes an empty container
      if (depth == 0)
        return {at, true, members};
      at = skip_json_space(text, at, end);
      if (at >= end)
        return {end, false, members};
      ++members;
      const bool object = objects[depth - 1];
      if (text[at] == (object ? '}' : ']')) {
        --depth;
        ++at;
        continue;
      }
      if (text[at] != ',')
        return {at, false, members};
      at = skip_json_space(text, at + 1, end);
      if (object && !scan_key(text, at, end))
        return {at, false, members};
      break;
    }
  }
  return {end, false, members};
}

size_t skip_json(std::string_view text, size_t at) noexcept {
  size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at)
        at += text[at] == '\\' ? 1 : 0;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0)
        return at; // of the container around a number
      if (--depth == 0)
        return at + 1;
    } else if (depth == 0 && (c == ',' || is_space(c))) {
      return at;
    }
    ++at;
    if (depth == 0 && c == '"')
      return at;
  }
  return text.size();
}

} // namespace weft
