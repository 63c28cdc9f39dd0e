#pragma once

#include "runtime/compute/tokenizer/text_rules.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace weft {

/// A token that is found in the raw text, before anything is done to it: "[SEP]" stays one token.
struct special_token {
  std::string_view text;
  int32_t id = 0;
};

/// Walks over a text and gives its words, one a call, ready for the vocabulary: lowercase, without accents and
/// controls, punctuation and CJK ideographs as words of their own. One pass, bounded memory, no allocation.
class text_scanner {
public:
  /// Longer words are [UNK] whatever they are (`max_input_chars_per_word` of `tokenizers`).
  static constexpr uint32_t word_characters_max = 100;

  /// REQUIRES: valid UTF-8; every special token starts with '['; all three outlive the scanner.
  text_scanner(const text_rules& rules, std::span<const special_token> specials, std::string_view text) noexcept
      : rules_(rules), specials_(specials), at_(text.data()), end_(text.data() + text.size()) {}

  /// Moves to the next word; false at the end of the text. What word() gives is valid until the next call.
  bool next() noexcept;

  /// Not meant where is_unknown() or special() say what it is instead.
  std::string_view word() const noexcept { return {word_.data(), size_}; }
  /// The word is too long.
  bool is_unknown() const noexcept { return characters_ > word_characters_max; }
  /// Not null: a special token stands here.
  const special_token* special() const noexcept { return special_; }

private:
  void read_ascii() noexcept;
  bool read_scalar() noexcept;
  bool read_special() noexcept;
  void append(std::string_view bytes, uint32_t characters) noexcept;
  void append_ordered(std::string_view bytes) noexcept;

  const text_rules& rules_;
  std::span<const special_token> specials_;
  const char* at_;
  const char* end_;
  const special_token* special_ = nullptr;
  uint32_t size_ = 0;
  uint32_t characters_ = 0;
  std::array<char, word_characters_max * 4 + 16> word_; ///< room for the replacement that makes it too long

  /// The marks since the last starter, in order: where each begins, and its class.
  struct mark {
    uint16_t begin;
    uint8_t rank;
  };
  uint32_t marks_size_ = 0;
  std::array<mark, word_characters_max + 1> marks_;
};

} // namespace weft
