#pragma once

#include <cstddef>
#include <string_view>

namespace weft {

inline constexpr size_t utf8_bytes_max = 4;

/// How many leading bytes are whole, valid characters (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing
/// above U+10FFFF): text.size() where all of them are.
size_t utf8_valid_bytes(std::string_view text) noexcept;

/// Reads one character and moves `at` behind it. REQUIRES: valid UTF-8 at `at`.
inline char32_t utf8_decode(const char*& at) noexcept {
  const auto byte = [&](int i) { return static_cast<char32_t>(static_cast<unsigned char>(at[i])); };
  const auto tail = [&](int i) { return byte(i) & 0x3F; };
  const char32_t lead = byte(0);
  char32_t scalar = lead;
  if (lead < 0x80) {
    at += 1;
  } else if (lead < 0xE0) {
    scalar = (lead & 0x1F) << 6 | tail(1);
    at += 2;
  } else if (lead < 0xF0) {
    scalar = (lead & 0x0F) << 12 | tail(1) << 6 | tail(2);
    at += 3;
  } else {
    scalar = (lead & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3);
    at += 4;
  }
  return scalar;
}

/// Writes one character and returns its bytes. REQUIRES: a Unicode scalar; room for utf8_bytes_max.
inline size_t utf8_encode(char32_t scalar, char* out) noexcept {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (scalar >> shift & 0x3F)); };
  if (scalar < 0x80) {
    out[0] = static_cast<char>(scalar);
    return 1;
  }
  if (scalar < 0x800) {
    out[0] = static_cast<char>(0xC0 | scalar >> 6);
    out[1] = tail(0);
    return 2;
  }
  if (scalar < 0x10000) {
    out[0] = static_cast<char>(0xE0 | scalar >> 12);
    out[1] = tail(6);
    out[2] = tail(0);
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | scalar >> 18);
  out[1] = tail(12);
  out[2] = tail(6);
  out[3] = tail(0);
  return 4;
}

} // namespace weft
