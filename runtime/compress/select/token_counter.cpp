#include "runtime/compress/select/token_counter.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compress/select/characters.hpp"

#include <utility>

namespace weft {
namespace {

// Such tokenizers first cut a text into pieces (a word with the space before it; up to three digits; punctuation with
// the line ends after it; other white space) and then a piece into entries of their vocabulary. The pieces are followed
// as they are; entries a piece are estimated:
//   word         one for each 8 letters: common words are entries whole, rare long ones fall into two or three. English
//                then has 4 to 5 bytes a token, as is reported for these tokenizers.
//   capital      inside a word begins a new one ("getValue": 2); a run of capitals has one for each 4
//   other letter of other alphabets than ASCII's counts as 3 of 8: about 2.7 a token in Cyrillic or Greek
//   CJK          one for each character
//   digits       one for each 3
//   punctuation  one for each 3 different, or for each 16 equal ("----------------")
//   white space  nothing for one space before something, else one a run; a line end after punctuation belongs to it,
//   and
//                indentation of two and more is one of its own
//   symbol       two (emoji and what is no UTF-8)
constexpr uint32_t letters_a_token = 8;
constexpr uint32_t other_letter = 3; // of those 8
constexpr uint32_t capitals_a_token = 4;
constexpr uint32_t digits_a_token = 3;
constexpr uint32_t marks_a_token = 3;
constexpr uint32_t equal_marks_a_token = 16;
constexpr uint64_t symbol_tokens = 2;

constexpr uint64_t divide_up(uint64_t n, uint64_t by) noexcept {
  return (n + by - 1) / by;
}

/// White space from `at` on; moves it on. after_mark: punctuation stands before it.
uint64_t count_space(std::string_view text, size_t& at, bool after_mark) noexcept {
  const size_t begin = at;
  size_t last_line_end = std::string_view::npos;
  for (; at < text.size() && is_white_space(text[at]); ++at)
    if (class_of(text[at]) == byte_class::line_end)
      last_line_end = at;
  if (last_line_end == std::string_view::npos)
    return at - begin > 1 ? 1 : 0;
  const bool absorbed = after_mark && class_of(text[begin]) == byte_class::line_end;
  return (absorbed ? 0 : 1) + (at - last_line_end > 2 ? 1 : 0);
}

/// A run of letters, up to the next capital after a small letter.
uint64_t count_letters(std::string_view text, size_t& at) noexcept {
  uint64_t capitals = 0;
  while (at < text.size() && class_of(text[at]) == byte_class::upper)
    ++at, ++capitals;
  uint64_t weight = 0;
  while (at < text.size()) {
    const byte_class c = class_of(text[at]);
    if (c == byte_class::lower) {
      ++at, ++weight;
    } else if (c == byte_class::high) {
      const high_character character = high_at(text, at);
      if (character.kind != high_kind::letter)
        break;
      at += character.bytes;
      weight += other_letter;
    } else {
      break;
    }
  }
  if (weight == 0)
    return divide_up(capitals, capitals_a_token);
  if (capitals > 1) // "HTTPServer": the last capital begins the word
    return divide_up(capitals - 1, capitals_a_token) + divide_up(weight + 1, letters_a_token);
  return divide_up(weight + capitals, letters_a_token);
}

uint64_t count_marks(std::string_view text, size_t& at) noexcept {
  uint64_t tokens = 0;
  uint64_t different = 0;
  while (at < text.size() && class_of(text[at]) == byte_class::punctuation) {
    const size_t begin = at;
    while (at < text.size() && text[at] == text[begin])
      ++at;
    if (at - begin > marks_a_token)
      tokens += divide_up(at - begin, equal_marks_a_token);
    else
      different += at - begin;
  }
  return tokens + divide_up(different, marks_a_token);
}

uint64_t count_high(std::string_view text, size_t& at) noexcept {
  const high_character character = high_at(text, at);
  switch (character.kind) {
  case high_kind::letter:
    return count_letters(text, at);
  case high_kind::ideograph:
  case high_kind::mark:
    at += character.bytes;
    return 1;
  case high_kind::other:
    break;
  }
  at += character.bytes;
  return symbol_tokens;
}

bool ends_in_mark(std::string_view text) noexcept {
  return !text.empty() && class_of(text.back()) == byte_class::punctuation;
}

} // namespace

uint64_t count_llm_estimate(std::string_view text) noexcept {
  uint64_t tokens = 0;
  for (size_t at = 0; at < text.size();) {
    switch (class_of(text[at])) {
    case byte_class::space:
    case byte_class::line_end:
      tokens += count_space(text, at, at > 0 && ends_in_mark(text.substr(0, at)));
      break;
    case byte_class::lower:
    case byte_class::upper:
      tokens += count_letters(text, at);
      if (at + 1 < text.size() && text[at] == '\'' && class_of(text[at + 1]) == byte_class::lower)
        ++at; // "don't": the apostrophe goes with what follows
      break;
    case byte_class::digit: {
      const size_t begin = at;
      while (at < text.size() && class_of(text[at]) == byte_class::digit)
        ++at;
      tokens += divide_up(at - begin, digits_a_token);
      break;
    }
    case byte_class::punctuation:
      tokens += count_marks(text, at);
      break;
    case byte_class::high:
      tokens += count_high(text, at);
      break;
    }
  }
  return tokens;
}

token_count make_counter(counter_kind kind, token_count wordpiece) {
  switch (kind) {
  case counter_kind::wordpiece:
    WEFT_ASSERT(wordpiece != nullptr);
    return wordpiece;
  case counter_kind::llm_estimate:
    return count_llm_estimate;
  case counter_kind::bytes:
    break;
  }
  return [](std::string_view text) -> uint64_t { return text.size(); };
}

void count_units(document& source, const token_count& count) {
  source.tokens.resize(source.units.size());
  for (uint32_t i = 0; i < source.units.size(); ++i)
    source.tokens[i] = static_cast<uint32_t>(count(source.of(i)));
}

uint64_t count_joint(counter_kind kind, const token_count& count, std::string_view left, std::string_view joint,
                     std::string_view right) {
  switch (kind) {
  case counter_kind::wordpiece:
    return is_white_space(joint) ? 0 : count(joint);
  case counter_kind::llm_estimate: {
    if (!is_white_space(joint))
      return count_llm_estimate(joint) + (ends_in_mark(joint) || is_white_space(joint.back()) ? 0 : 1);
    size_t at = 0;
    return joint.empty() ? 0 : count_space(joint, at, ends_in_mark(left));
  }
  case counter_kind::bytes:
    break;
  }
  (void)right;
  return joint.size();
}

} // namespace weft
