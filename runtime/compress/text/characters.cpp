#include "runtime/compress/text/characters.hpp"

#include <cstring>

namespace weft {

namespace {

// Bytes of the valid character at the front of `text`, which is not empty; 0: there is none.
size_t valid_character(std::string_view text) noexcept {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto within = [&](size_t i, unsigned low, unsigned high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80)
    return 1;
  if (first >= 0xC2 && first <= 0xDF)
    return within(1, 0x80, 0xBF) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return within(1, low, high) && within(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return within(1, low, high) && within(2, 0x80, 0xBF) && within(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

} // namespace

size_t valid_utf8_bytes(std::string_view text) noexcept {
  constexpr uint64_t high_bits = 0x8080808080808080;
  size_t at = 0;
  while (at < text.size()) {
    if (at + sizeof(uint64_t) <= text.size()) { // most texts are mostly ASCII: eight bytes at once
      uint64_t eight = 0;
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if ((eight & high_bits) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    const auto bytes = valid_character(text.substr(at));
    if (bytes == 0)
      return at;
    at += bytes;
  }
  return at;
}

character character_at(std::string_view text, size_t at) noexcept {
  const auto byte = [&](size_t i) -> char32_t { return static_cast<unsigned char>(text[at + i]); };
  const auto first = byte(0);
  if (first < 0x80)
    return {first, 1};
  if (first < 0xE0)
    return {((first & 0x1F) << 6) | (byte(1) & 0x3F), 2};
  if (first < 0xF0)
    return {((first & 0x0F) << 12) | ((byte(1) & 0x3F) << 6) | (byte(2) & 0x3F), 3};
  return {((first & 0x07) << 18) | ((byte(1) & 0x3F) << 12) | ((byte(2) & 0x3F) << 6) | (byte(3) & 0x3F), 4};
}

size_t character_before(std::string_view text, size_t at) noexcept {
  while (at > 0 && is_continuation(text[--at])) {
  }
  return at;
}

bool is_wide_space(char32_t c) noexcept {
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

bool is_lower_letter(char32_t c) noexcept {
  if (c < 0x80)
    return is_lower(static_cast<char>(c));
  if (c >= 0xDF && c <= 0xFF)
    return c != 0xF7; // the division sign
  if (c >= 0x100 && c <= 0x137)
    return c % 2 == 1;
  if (c >= 0x139 && c <= 0x148)
    return c % 2 == 0;
  if (c >= 0x14A && c <= 0x177)
    return c % 2 == 1;
  return c == 0x17A || c == 0x17C || c == 0x17E || (c >= 0x3AC && c <= 0x3CE) || (c >= 0x430 && c <= 0x45F);
}

bool is_unspaced(char32_t c) noexcept {
  return (c >= 0x3001 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0xFF01 && c <= 0xFF9F) || (c >= 0x20000 && c <= 0x3FFFF);
}

std::string_view trimmed(std::string_view text) noexcept {
  size_t begin = 0;
  size_t end = text.size();
  while (begin < end) {
    const auto c = character_at(text, begin);
    if (c.scalar < 0x80 ? !is_space(static_cast<char>(c.scalar)) : !is_wide_space(c.scalar))
      break;
    begin += c.bytes;
  }
  while (begin < end) {
    const auto last = character_before(text, end);
    const auto c = character_at(text, last).scalar;
    if (c < 0x80 ? !is_space(static_cast<char>(c)) : !is_wide_space(c))
      break;
    end = last;
  }
  return text.substr(begin, end - begin);
}

} // namespace weft
