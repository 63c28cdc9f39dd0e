#include "node/grpc/utf8.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cstdint>

namespace weft {
namespace {

constexpr bool continues(uint8_t byte) noexcept {
  return (byte & 0xC0) == 0x80;
}

} // namespace

size_t utf8_character(std::string_view text) noexcept {
  WEFT_ASSERT(!text.empty());
  const auto at = [text](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  const uint8_t lead = at(0);
  if (lead < 0x80)
    return 1;
  if (lead >= 0xC2 && lead <= 0xDF)
    return continues(at(1)) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    // E0 would be overlong below A0, ED a surrogate from A0 on.
    const uint8_t low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
    return at(1) >= low && at(1) <= high && continues(at(2)) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    // F0 would be overlong below 90, F4 beyond U+10FFFF from 90 on.
    const uint8_t low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
    return at(1) >= low && at(1) <= high && continues(at(2)) && continues(at(3)) ? 4 : 0;
  }
  return 0;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const size_t length = utf8_character(text);
    if (length == 0)
      return false;
    text.remove_prefix(length);
  }
  return true;
}

size_t utf8_length(std::string_view text) noexcept {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues(static_cast<uint8_t>(c)); }));
}

std::string printable(std::string_view text, size_t bytes_max) {
  std::string out;
  out.reserve(std::min(text.size(), bytes_max) + 3);
  while (!text.empty()) {
    const size_t length = utf8_character(text);
    if (out.size() + std::max<size_t>(length, 1) > bytes_max)
      return out + "…";
    const auto lead = static_cast<uint8_t>(text.front());
    if (length == 0 || lead < 0x20 || lead == 0x7F)
      out += '?';
    else
      out += text.substr(0, length);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

} // namespace weft
