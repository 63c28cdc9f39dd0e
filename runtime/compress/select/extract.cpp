#include "runtime/compress/select/extract.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compress/select/characters.hpp"

namespace weft {
namespace {

bool is_line(unit_kind kind) noexcept {
  return kind != unit_kind::sentence && kind != unit_kind::heading;
}

bool is_indented(unit_kind kind) noexcept {
  return kind == unit_kind::code_line || kind == unit_kind::list_item;
}

bool is_cjk(const high_character& character) noexcept {
  const bool hangul = character.code >= 0xac00 && character.code < 0xd7b0; // Korean has spaces between words
  return character.kind == high_kind::ideograph && !hangul;
}

/// The line end before a unit, and its indentation.
std::string_view line_start(const document& source, uint32_t unit) noexcept {
  constexpr size_t indentation_max = 256; // deeper is an accident
  const size_t end = source.units[unit].begin;
  size_t begin = end;
  while (begin > 0 && end - begin < indentation_max &&
         (source.text[begin - 1] == ' ' || source.text[begin - 1] == '\t'))
    --begin;
  if (begin == 0 || source.text[begin - 1] != '\n')
    return "\n";
  return source.text.substr(begin - 1, end - begin + 1);
}

} // namespace

std::string_view joint_between(const document& source, uint32_t left, uint32_t right) noexcept {
  WEFT_ASSERT(left < right);
  const text_unit& a = source.units[left];
  const text_unit& b = source.units[right];
  if (right == left + 1)
    return source.text.substr(a.end, b.begin - a.end);
  const bool lines = is_line(a.kind) && is_line(b.kind);
  if (!lines && a.paragraph != b.paragraph)
    return "\n\n";
  if (is_indented(b.kind))
    return line_start(source, right);
  if (is_line(a.kind) || is_line(b.kind))
    return "\n";
  const std::string_view next = source.of(right);
  const bool cjk =
      is_cjk(last_high(source.of(left))) && class_of(next[0]) == byte_class::high && is_cjk(high_at(next, 0));
  return cjk ? "" : " ";
}

std::string join_units(const document& source, std::span<const uint32_t> kept) {
  std::string out;
  size_t bytes = 0;
  for (size_t i = 0; i < kept.size(); ++i)
    bytes += source.of(kept[i]).size() + (i > 0 ? joint_between(source, kept[i - 1], kept[i]).size() : 0);
  out.reserve(bytes);
  for (size_t i = 0; i < kept.size(); ++i) {
    if (i > 0)
      out += joint_between(source, kept[i - 1], kept[i]);
    out += source.of(kept[i]);
  }
  return out;
}

} // namespace weft
