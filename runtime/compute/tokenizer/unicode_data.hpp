#pragma once

#include <cstdint>
#include <span>
#include <string_view>

/// What Hugging Face `tokenizers` does to each Unicode scalar, found by asking it (see make_tokenizer_unicode.py).
/// Raw rows, all ascending; text_rules turns them into something fast.
namespace weft::unicode {

enum class rule : uint8_t {
  keep,         ///< part of a word
  drop,         ///< as if it were not there: controls, private use, combining marks
  drop_starter, ///< a dropped mark of combining class 0: characters do not change places across it
  space,        ///< ends a word
  isolate,      ///< a word of its own: punctuation, CJK ideographs
};

/// Scalars outside all ranges are kept.
struct rule_range {
  char32_t first;
  char32_t last;
  unicode::rule rule;
};

/// One scalar becomes several, or a run of neighbours becomes one scalar each.
struct replacement_run {
  char32_t first;
  std::u32string_view text;
};

/// Marks that stay (the tables of `tokenizers` do not know them as nonspacing): neighbours are put into ascending order
/// of class. 1 is the lowest class, not a number of the Unicode standard.
struct combining_class {
  char32_t scalar;
  uint8_t rank;
};

std::span<const rule_range> rule_ranges() noexcept;
/// Lowercase, accents removed. Without the Hangul syllables, which are decomposed by arithmetic.
std::span<const replacement_run> single_replacements() noexcept;
std::span<const replacement_run> several_replacements() noexcept;
std::span<const combining_class> combining_classes() noexcept;

} // namespace weft::unicode
