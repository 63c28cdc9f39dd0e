#include "tools/weft/utf8.hpp"

#include <cstdint>
#include <cwchar>

namespace weft::cli {
namespace {

constexpr std::string_view ellipsis = "…";
constexpr std::string_view replacement = "\xEF\xBF\xBD";

struct decoded {
  char32_t scalar = 0;
  size_t bytes = 0; ///< 0: not UTF-8
};

decoded decode(std::string_view text) noexcept {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const auto tail = [&](size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const uint8_t first = byte(0);
  if (first < 0x80)
    return {first, 1};
  if (first >= 0xC2 && first <= 0xDF && tail(1))
    return {static_cast<char32_t>((first & 0x1F) << 6 | (byte(1) & 0x3F)), 2};
  if ((first & 0xF0) == 0xE0 && tail(1) && tail(2)) {
    const char32_t c = static_cast<char32_t>((first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F));
    if (c >= 0x800 && (c < 0xD800 || c > 0xDFFF))
      return {c, 3};
  }
  if (first >= 0xF0 && first <= 0xF4 && tail(1) && tail(2) && tail(3)) {
    const char32_t c =
        static_cast<char32_t>((first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F));
    if (c >= 0x10000 && c <= 0x10FFFF)
      return {c, 4};
  }
  return {};
}

bool is_blank_or_control(char32_t c) {
  // C0, DEL, C1, and the separators and direction marks that would let a text rearrange the line it is shown in.
  return c <= 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0x2028 || c == 0x2029 || (c >= 0x200E && c <= 0x200F) ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

size_t columns_of(char32_t c) noexcept {
  const int columns = wcwidth(static_cast<wchar_t>(c));
  return columns < 0 ? 1 : static_cast<size_t>(columns);
}

} // namespace

std::optional<size_t> find_invalid_utf8(std::string_view text) noexcept {
  for (size_t i = 0; i < text.size();) {
    const size_t bytes = decode(text.substr(i)).bytes;
    if (bytes == 0)
      return i;
    i += bytes;
  }
  return std::nullopt;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool space = false;
  for (size_t i = 0; i < text.size();) {
    const decoded d = decode(text.substr(i));
    if (d.bytes != 0 && is_blank_or_control(d.scalar)) {
      space = !out.empty();
      i += d.bytes;
      continue;
    }
    if (space)
      out += ' ';
    space = false;
    out += d.bytes == 0 ? replacement : text.substr(i, d.bytes);
    i += d.bytes == 0 ? 1 : d.bytes;
  }
  return out;
}

std::string printable_lines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const decoded d = decode(text.substr(i));
    const bool stays = d.scalar == '\n' || d.scalar == '\t' || d.scalar == ' ' || !is_blank_or_control(d.scalar);
    if (d.bytes == 0)
      out += replacement;
    else if (stays)
      out += text.substr(i, d.bytes);
    else if (d.scalar != '\r')
      out += ' ';
    i += d.bytes == 0 ? 1 : d.bytes;
  }
  return out;
}

size_t display_width(std::string_view text) noexcept {
  size_t columns = 0;
  for (size_t i = 0; i < text.size();) {
    const decoded d = decode(text.substr(i));
    columns += d.bytes == 0 ? 1 : columns_of(d.scalar);
    i += d.bytes == 0 ? 1 : d.bytes;
  }
  return columns;
}

std::string shorten(std::string_view text, size_t columns) {
  if (display_width(text) <= columns)
    return std::string{text};
  size_t used = 1; // the ellipsis
  size_t i = 0;
  while (i < text.size()) {
    const decoded d = decode(text.substr(i));
    const size_t width = d.bytes == 0 ? 1 : columns_of(d.scalar);
    if (used + width > columns)
      break;
    used += width;
    i += d.bytes == 0 ? 1 : d.bytes;
  }
  while (i > 0 && text[i - 1] == ' ')
    --i;
  return columns == 0 ? std::string{} : std::string{text.substr(0, i)}.append(ellipsis);
}

std::string shorten_front(std::string_view text, size_t columns) {
  size_t width = display_width(text);
  if (width <= columns)
    return std::string{text};
  if (columns == 0)
    return {};
  size_t i = 0;
  while (i < text.size() && width + 1 > columns) {
    const decoded d = decode(text.substr(i));
    width -= d.bytes == 0 ? 1 : columns_of(d.scalar);
    i += d.bytes == 0 ? 1 : d.bytes;
  }
  return std::string{ellipsis}.append(text.substr(i));
}

} // namespace weft::cli
