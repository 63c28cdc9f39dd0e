#include "runtime/compute/tokenizer/text_rules.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/tokenizer/utf8.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <string>

namespace weft {
namespace {

/// The Unicode standard, section 3.12: a syllable is a leading consonant, a vowel and perhaps a trailing consonant.
std::u32string hangul_letters(char32_t syllable) {
  const char32_t index = syllable - 0xAC00;
  std::u32string letters{0x1100 + index / 588, 0x1161 + index % 588 / 28};
  if (index % 28 != 0)
    letters.push_back(0x11A7 + index % 28);
  return letters;
}

} // namespace

text_rules::text_rules() {
  std::vector<value> all(scalars, keep);
  for (const auto& row : unicode::rule_ranges())
    std::fill(all.begin() + row.first, all.begin() + row.last + 1, static_cast<value>(row.rule));
  // Replacements refer to the rules of their scalars, so they come second.
  for (const auto& row : unicode::combining_classes())
    replace(all, row.scalar, std::u32string_view(&row.scalar, 1));
  for (const auto& row : unicode::single_replacements())
    for (size_t i = 0; i < row.text.size(); ++i)
      if (const auto from = static_cast<char32_t>(row.first + i); row.text[i] != from)
        replace(all, from, row.text.substr(i, 1));
  for (const auto& row : unicode::several_replacements())
    replace(all, row.first, row.text);
  for (char32_t syllable = 0xAC00; syllable <= 0xD7A3; ++syllable)
    replace(all, syllable, hangul_letters(syllable));
  pack(all);

  ascii_.fill(not_ascii);
  for (unsigned char c = 0; c < 0x80; ++c)
    ascii_[c] = shorten(all[c], c);
}

/// The one-byte form of an ASCII character's value.
uint8_t text_rules::shorten(value v, unsigned char c) const {
  switch (v) {
  case keep:
    return c;
  case drop:
    return ascii_drop;
  case space:
    return ascii_space;
  case isolate:
    return c == '[' ? ascii_bracket : ascii_isolate;
  default:
    WEFT_ASSERT(v >= first_replacement);
    WEFT_ASSERT(replaced(v).size == 1);
    return static_cast<uint8_t>(replaced(v).bytes[0]);
  }
}

uint8_t text_rules::combining_rank(char32_t scalar) const noexcept {
  const auto rows = unicode::combining_classes();
  const auto row = std::lower_bound(rows.begin(), rows.end(), scalar,
                                    [](const unicode::combining_class& r, char32_t s) { return r.scalar < s; });
  return row != rows.end() && row->scalar == scalar ? row->rank : 0;
}

void text_rules::replace(std::vector<value>& all, char32_t from, std::u32string_view to) {
  replacement r;
  r.isolate = all[from] == isolate;
  for (const char32_t scalar : to) {
    WEFT_ASSERT(r.size + utf8_bytes_max <= r.bytes.size());
    r.size = static_cast<uint8_t>(r.size + utf8_encode(scalar, r.bytes.data() + r.size));
    ++r.characters;
    r.combining = r.combining || combining_rank(scalar) != 0;
  }
  all[from] = static_cast<value>(first_replacement + replacements_.size());
  replacements_.push_back(r);
}

void text_rules::pack(const std::vector<value>& all) {
  std::map<std::span<const value>, uint16_t, decltype([](std::span<const value> a, std::span<const value> b) {
             return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
           })>
      seen;
  for (size_t page = 0; page < pages_.size(); ++page) {
    const std::span<const value> content(all.data() + page * page_size, page_size);
    const auto [entry, is_new] = seen.try_emplace(content, static_cast<uint16_t>(seen.size()));
    if (is_new)
      values_.insert(values_.end(), content.begin(), content.end());
    pages_[page] = entry->second;
  }
}

} // namespace weft
