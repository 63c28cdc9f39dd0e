#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weft {

/// What a byte is in the eyes of counters and word scanners. Bytes above ASCII begin or continue a longer character.
enum class byte_class : uint8_t { space, line_end, lower, upper, digit, punctuation, high };

inline constexpr std::array<byte_class, 256> byte_classes = [] {
  std::array<byte_class, 256> table{};
  for (size_t c = 0; c < 256; ++c) {
    if (c == '\n' || c == '\r')
      table[c] = byte_class::line_end;
    else if (c <= ' ' || c == 127)
      table[c] = byte_class::space; // other control characters too: nothing that one would keep
    else if (c >= 'a' && c <= 'z')
      table[c] = byte_class::lower;
    else if (c >= 'A' && c <= 'Z')
      table[c] = byte_class::upper;
    else if (c >= '0' && c <= '9')
      table[c] = byte_class::digit;
    else
      table[c] = c < 128 ? byte_class::punctuation : byte_class::high;
  }
  return table;
}();

constexpr byte_class class_of(char c) noexcept {
  return byte_classes[static_cast<unsigned char>(c)];
}
constexpr bool is_white_space(char c) noexcept {
  return class_of(c) <= byte_class::line_end;
}
constexpr bool is_white_space(std::string_view text) noexcept {
  for (char c : text)
    if (!is_white_space(c))
      return false;
  return true;
}

/// What a character above ASCII is.
enum class high_kind : uint8_t { letter, ideograph, mark, other };

struct high_character {
  uint32_t code = 0;
  uint32_t bytes = 1;
  high_kind kind = high_kind::other;
};

constexpr high_kind kind_of(uint32_t code) noexcept {
  if (code < 0x00c0)
    return code == 0xaa || code == 0xb5 || code == 0xba ? high_kind::letter : high_kind::mark;
  if (code < 0x2000)
    return code == 0xd7 || code == 0xf7 ? high_kind::mark : high_kind::letter;
  if (code < 0x2e80)
    return code >= 0x2c00 && code < 0x2e00 ? high_kind::letter : high_kind::mark; // dashes, quotes, arrows, symbols
  if (code < 0xa4d0 || (code >= 0xac00 && code < 0xd7b0) || (code >= 0xf900 && code < 0xfb00) ||
      (code >= 0xfe30 && code < 0xfe50) || (code >= 0xff00 && code < 0xfff0) || (code >= 0x20000 && code < 0x32000))
    return high_kind::ideograph; // CJK with its punctuation, kana, Hangul, full-width forms
  return code < 0xfe00 ? high_kind::letter : high_kind::other;
}

/// The character that begins at text[at], a byte above ASCII. A byte that begins none is one of kind other.
constexpr high_character high_at(std::string_view text, size_t at) noexcept {
  auto byte = [&](size_t i) -> uint32_t {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const auto follows = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const uint32_t first = byte(0);
  high_character out{first, 1, high_kind::other};
  if (first >= 0xc2 && first < 0xe0 && follows(1))
    out = {((first & 0x1f) << 6) | (byte(1) & 0x3f), 2, high_kind::other};
  else if (first >= 0xe0 && first < 0xf0 && follows(1) && follows(2))
    out = {((first & 0x0f) << 12) | ((byte(1) & 0x3f) << 6) | (byte(2) & 0x3f), 3, high_kind::other};
  else if (first >= 0xf0 && first < 0xf5 && follows(1) && follows(2) && follows(3))
    out = {((first & 0x07) << 18) | ((byte(1) & 0x3f) << 12) | ((byte(2) & 0x3f) << 6) | (byte(3) & 0x3f), 4,
           high_kind::other};
  else
    return out;
  out.kind = kind_of(out.code);
  return out;
}

/// The character that ends the text, where it is above ASCII; of kind other for ASCII and for the empty text.
constexpr high_character last_high(std::string_view text) noexcept {
  size_t begin = text.size();
  for (size_t back = 0; back < 4 && begin > 0; ++back) {
    --begin;
    if ((static_cast<unsigned char>(text[begin]) & 0xc0) != 0x80)
      break;
  }
  return begin < text.size() && class_of(text[begin]) == byte_class::high ? high_at(text, begin) : high_character{};
}

} // namespace weft
