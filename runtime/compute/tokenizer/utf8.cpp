#include "runtime/compute/tokenizer/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace weft {
namespace {

/// The bytes before the first one above 0x7F.
size_t ascii_bytes(const char* at, const char* end) noexcept {
  const char* const begin = at;
  constexpr uint64_t high_bits = 0x8080808080808080u;
  // Four words a step: the compiler makes one or two vector tests of it.
  for (; end - at >= 32; at += 32) {
    uint64_t words[4];
    std::memcpy(words, at, sizeof words);
    if (((words[0] | words[1] | words[2] | words[3]) & high_bits) != 0)
      break;
  }
  while (at != end && static_cast<unsigned char>(*at) < 0x80)
    ++at;
  return static_cast<size_t>(at - begin);
}

/// The length of the valid character at `at`, whose first byte is above 0x7F; 0 where it is not valid.
size_t character_bytes(const char* at, const char* end) noexcept {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(at[i]); };
  const auto is_tail = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const auto left = static_cast<size_t>(end - at);
  const unsigned lead = byte(0);
  if (lead < 0xC2)
    return 0; // a stray tail byte, or an overlong form of ASCII
  if (lead < 0xE0)
    return left >= 2 && is_tail(1) ? 2 : 0;
  if (lead < 0xF0) {
    if (left < 3 || !is_tail(1) || !is_tail(2))
      return 0;
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
    return overlong || surrogate ? 0 : 3;
  }
  if (lead > 0xF4 || left < 4 || !is_tail(1) || !is_tail(2) || !is_tail(3))
    return 0;
  const bool overlong = lead == 0xF0 && byte(1) < 0x90;
  const bool too_high = lead == 0xF4 && byte(1) >= 0x90;
  return overlong || too_high ? 0 : 4;
}

} // namespace

size_t utf8_valid_bytes(std::string_view text) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    if (static_cast<unsigned char>(*at) < 0x80) {
      at += ascii_bytes(at, end);
      continue;
    }
    const size_t bytes = character_bytes(at, end);
    if (bytes == 0)
      break;
    at += bytes;
  }
  return static_cast<size_t>(at - text.data());
}

} // namespace weft
