#pragma once

#include "runtime/compress/unit.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace weft::testing {

/// A text that is put together of units, for tests that need no splitter.
class document_builder {
public:
  /// gap: what stands before the unit in the source (of the first: nothing).
  document_builder& add(std::string_view text, unit_kind kind, std::string_view gap, bool new_paragraph = false,
                        uint8_t level = 0, bool header = false) {
    if (!source_.units.empty())
      text_ += gap;
    if (kind == unit_kind::heading && !source_.units.empty())
      ++section_;
    if (new_paragraph || kind == unit_kind::heading || after_heading_)
      ++paragraph_;
    after_heading_ = kind == unit_kind::heading;
    text_unit unit;
    unit.begin = text_.size();
    text_ += text;
    unit.end = text_.size();
    unit.kind = kind;
    unit.level = level;
    unit.header = header;
    unit.section = section_;
    unit.paragraph = paragraph_;
    source_.units.push_back(unit);
    return *this;
  }
  document_builder& sentence(std::string_view text, bool new_paragraph = false) {
    return add(text, unit_kind::sentence, new_paragraph || after_heading_ ? "\n\n" : " ", new_paragraph);
  }
  document_builder& heading(std::string_view text, uint8_t level = 1) {
    return add(text, unit_kind::heading, "\n\n", true, level);
  }
  document_builder& line(std::string_view text, unit_kind kind = unit_kind::log_line) { return add(text, kind, "\n"); }

  /// The builder must outlive it.
  document& made() {
    source_.text = text_;
    return source_;
  }

private:
  std::string text_;
  document source_;
  uint32_t section_ = 0;
  uint32_t paragraph_ = 0;
  bool after_heading_ = false;
};

/// Seeded, and equal on any machine (distributions of the standard library are not).
class dice {
public:
  explicit dice(uint64_t seed) : engine_(seed) {}
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(engine_() % n); }

private:
  std::mt19937_64 engine_;
};

inline std::string random_word(dice& roll) {
  static constexpr std::string_view syllables[] = {"ka", "ron", "te", "mil", "so", "ven", "dar", "li", "pe", "nu"};
  std::string word;
  for (uint32_t n = 1 + roll.below(4); n > 0; --n)
    word += syllables[roll.below(10)];
  return word;
}

inline std::string random_sentence(dice& roll) {
  static constexpr std::string_view ideographs[] = {"北", "の", "倉", "庫", "番", "号", "は"};
  std::string text;
  if (roll.below(8) == 0) {
    for (uint32_t n = 2 + roll.below(12); n > 0; --n)
      text += ideographs[roll.below(7)];
    return text + "。";
  }
  for (uint32_t n = 1 + roll.below(14); n > 0; --n) {
    text += text.empty() ? "" : roll.below(9) == 0 ? ", " : " ";
    text += roll.below(12) == 0 ? std::to_string(roll.below(100'000)) : random_word(roll);
  }
  return text + (roll.below(6) == 0 ? "" : ".");
}

/// Sections with headings, paragraphs, lists, code and tables.
inline void random_document(dice& roll, document_builder& to, uint32_t units) {
  for (uint32_t n = 0; n < units;) {
    const uint32_t what = roll.below(12);
    if (what == 0) {
      to.heading(random_word(roll), static_cast<uint8_t>(1 + roll.below(3)));
      ++n;
    } else if (what < 9) {
      for (uint32_t i = 0, many = 1 + roll.below(7); i < many; ++i, ++n)
        to.add(random_sentence(roll), unit_kind::sentence, i == 0 ? "\n\n" : (roll.below(4) == 0 ? "\n" : " "), i == 0);
    } else if (what == 9) {
      for (uint32_t i = 0, many = 1 + roll.below(5); i < many; ++i, ++n)
        to.add("- " + random_word(roll), unit_kind::list_item, i == 0 ? "\n\n" : "\n  ", i == 0);
    } else if (what == 10) {
      for (uint32_t i = 0, many = 1 + roll.below(5); i < many; ++i, ++n)
        to.add(random_word(roll) + "(x);", unit_kind::code_line, i == 0 ? "\n\n    " : "\n        ", i == 0);
    } else {
      for (uint32_t i = 0, many = 1 + roll.below(5); i < many; ++i, ++n)
        to.add(random_word(roll) + "," + random_word(roll), unit_kind::table_row, i == 0 ? "\n\n" : "\n", i == 0, 0,
               i == 0);
    }
  }
}

} // namespace weft::testing
