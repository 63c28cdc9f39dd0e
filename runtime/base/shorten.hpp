#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weft {

/// Stands behind a text that was cut: an ellipsis.
inline constexpr std::string_view cut_mark = "\u2026";

/// How many of the first `bytes` bytes of UTF-8 are whole characters. REQUIRES: bytes <= text.size().
constexpr size_t whole_characters(std::string_view text, size_t bytes) noexcept {
  while (bytes > 0 && bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U)
    --bytes;
  return bytes;
}

/// A text to be looked at: cut to bytes_max, between two characters, and marked. One that is not longer than that with
/// its mark stays as it is, so to shorten it twice is to shorten it once.
inline std::string shortened(std::string text, size_t bytes_max) {
  if (text.size() <= bytes_max + cut_mark.size())
    return text;
  text.resize(whole_characters(text, bytes_max));
  text += cut_mark;
  return text;
}

} // namespace weft
