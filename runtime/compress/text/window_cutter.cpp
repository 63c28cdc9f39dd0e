#include "runtime/compress/text/window_cutter.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compress/text/characters.hpp"

#include <algorithm>

namespace weft {

namespace {

// No character has more bytes; what has more continuation bytes in a row is no UTF-8, and cut anywhere.
constexpr size_t character_bytes_max = 4;

bool ends_paragraph(std::string_view before) noexcept {
  return before.ends_with("\n\n") || before.ends_with("\n\r\n");
}

bool ends_sentence(std::string_view before, char next) noexcept {
  const char last = before.back();
  return ((last == '.' || last == '!' || last == '?') && is_space(next)) || before.ends_with("\u3002") ||
         before.ends_with("\uFF01") || before.ends_with("\uFF1F");
}

} // namespace

window_cutter::window_cutter(uint32_t window_bytes) : window_bytes_(window_bytes) {
  WEFT_ASSERT(window_bytes >= 16);
}

void window_cutter::add(std::string_view piece) {
  held_.erase(0, taken_);
  taken_ = 0;
  held_.append(piece);
}

std::optional<std::string> window_cutter::next() {
  if (held_bytes() <= window_bytes_)
    return std::nullopt;
  return take(find_cut(std::string_view{held_}.substr(taken_)));
}

std::optional<std::string> window_cutter::finish() {
  if (auto window = next())
    return window;
  if (held_bytes() == 0)
    return std::nullopt;
  return take(held_bytes());
}

// REQUIRES: held is longer than a window.
size_t window_cutter::find_cut(std::string_view held) const noexcept {
  size_t line = 0;
  size_t sentence = 0;
  size_t space = 0;
  for (auto at = window_bytes_; at > window_bytes_ / 2; --at) {
    const auto before = held.substr(0, at);
    if (ends_paragraph(before))
      return at;
    if (line == 0 && before.back() == '\n')
      line = at;
    if (sentence == 0 && ends_sentence(before, held[at]))
      sentence = at;
    if (space == 0 && is_space(before.back()))
      space = at;
  }
  for (const auto cut : {line, sentence, space})
    if (cut > 0)
      return cut;
  for (auto at = window_bytes_; at > window_bytes_ - character_bytes_max; --at)
    if (!is_continuation(held[at]))
      return at;
  return window_bytes_;
}

std::string window_cutter::take(size_t bytes) {
  auto window = held_.substr(taken_, bytes);
  taken_ += bytes;
  return window;
}

} // namespace weft
