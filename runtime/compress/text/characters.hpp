#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weft {

// Of bytes, whatever the locale says; bytes above 127 are none of these.
constexpr bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool is_upper(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_letter(char c) noexcept {
  return is_upper(c) || is_lower(c);
}
constexpr bool is_ascii(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x80;
}
constexpr char to_lower(char c) noexcept {
  return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Bytes that follow the first of a character.
constexpr bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// A Unicode scalar and the bytes it takes.
struct character {
  char32_t scalar = 0;
  uint32_t bytes = 1;
};

/// The character that begins at `at`. REQUIRES: valid UTF-8, at < text.size(), the first byte of a character.
character character_at(std::string_view text, size_t at) noexcept;

/// Where the character before `at` begins; 0 at the start. REQUIRES: valid UTF-8, at <= text.size().
size_t character_before(std::string_view text, size_t at) noexcept;

/// Bytes of the longest valid prefix. Refuses overlong forms, surrogates and what is beyond U+10FFFF (Unicode, table
/// 3-7).
size_t valid_utf8_bytes(std::string_view text) noexcept;

/// White space that is not ASCII: no-break, typographic and ideographic spaces, line and paragraph separators, BOM.
bool is_wide_space(char32_t c) noexcept;
/// Of Latin, Greek and Cyrillic; others have no case.
bool is_lower_letter(char32_t c) noexcept;
/// Han, kana, and the full-width forms: written without spaces between words.
bool is_unspaced(char32_t c) noexcept;

/// The text without white space at its ends.
std::string_view trimmed(std::string_view text) noexcept;

} // namespace weft
