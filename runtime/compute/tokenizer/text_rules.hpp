#pragma once

#include "runtime/compute/tokenizer/unicode_data.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace weft {

/// What to do with each character, by two memory reads: BERT's clean-up, CJK spacing, NFD, removal of nonspacing marks,
/// lowercase and the split at punctuation, folded into one step. Immutable, thread-safe.
class text_rules {
public:
  /// What a character outside ASCII becomes.
  struct replacement {
    std::array<char, 12> bytes{}; ///< UTF-8
    uint8_t size = 0;
    uint8_t characters = 0;
    bool isolate = false;
    bool combining = false; ///< has characters of a class above 0: their order has to be found
    std::string_view text() const noexcept { return {bytes.data(), size}; }
  };

  /// The value of a character: one of unicode::rule, or first_replacement and above.
  using value = uint16_t;
  static constexpr value keep = static_cast<value>(unicode::rule::keep);
  static constexpr value drop = static_cast<value>(unicode::rule::drop);
  static constexpr value drop_starter = static_cast<value>(unicode::rule::drop_starter);
  static constexpr value space = static_cast<value>(unicode::rule::space);
  static constexpr value isolate = static_cast<value>(unicode::rule::isolate);
  static constexpr value first_replacement = 8;

  text_rules();

  value of(char32_t scalar) const noexcept {
    return values_[pages_[scalar / page_size] * page_size + scalar % page_size];
  }

  /// REQUIRES: v >= first_replacement.
  const replacement& replaced(value v) const noexcept { return replacements_[v - first_replacement]; }

  /// 0 = a starter.
  uint8_t combining_rank(char32_t scalar) const noexcept;

  /// ASCII needs one read only: the character that it becomes (letters and digits), or one of these.
  enum ascii : uint8_t { ascii_drop = 1, ascii_space, ascii_isolate, ascii_bracket, not_ascii, ascii_word = 0x20 };
  uint8_t ascii_of(char c) const noexcept { return ascii_[static_cast<unsigned char>(c)]; }

private:
  static constexpr size_t page_size = 128;
  static constexpr size_t scalars = 0x110000;

  void replace(std::vector<value>& all, char32_t from, std::u32string_view to);
  uint8_t shorten(value v, unsigned char c) const;
  void pack(const std::vector<value>& all);

  std::array<uint8_t, 256> ascii_{};
  std::array<uint16_t, scalars / page_size> pages_{};
  std::vector<value> values_; ///< [pages, page_size], equal pages once
  std::vector<replacement> replacements_;
};

} // namespace weft
