#include "tests/runtime/compute/tokenizer/fuzz_corpus.hpp"

#include "runtime/compute/tokenizer/utf8.hpp"

#include <array>
#include <span>

namespace weft::test {
namespace {

struct range {
  char32_t first;
  char32_t last;
};

constexpr range scripts[] = {
    {0x00C0, 0x024F},   {0x0250, 0x02FF}, {0x0370, 0x03FF}, {0x0400, 0x052F},   {0x0530, 0x058F},   {0x0590, 0x05FF},
    {0x0600, 0x06FF},   {0x0700, 0x08FF}, {0x0900, 0x0DFF}, {0x0E00, 0x0FFF},   {0x1000, 0x109F},   {0x10A0, 0x10FF},
    {0x1100, 0x11FF},   {0x1200, 0x167F}, {0x1700, 0x1AAF}, {0x1B00, 0x1CFF},   {0x1D00, 0x1DBF},   {0x1E00, 0x1FFF},
    {0x2000, 0x24FF},   {0x2C00, 0x2E7F}, {0x3040, 0x30FF}, {0x13A0, 0x13FF},   {0xA640, 0xA7FF},   {0xA800, 0xABFF},
    {0xAC00, 0xD7A3},   {0xFB00, 0xFDFF}, {0xFE30, 0xFFEF}, {0x10000, 0x105FF}, {0x11000, 0x118FF}, {0x1D000, 0x1D7FF},
    {0x1E900, 0x1E95F},
};

constexpr range marks[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD},   {0x064B, 0x065F},   {0x093C, 0x094D},   {0x0E31, 0x0E3A},
    {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20F0},   {0x302A, 0x302F},   {0x3099, 0x309A},   {0xA953, 0xA953},
    {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0x1D165, 0x1D182}, {0x1D15E, 0x1D164}, {0x1E000, 0x1E02A}, {0x1E8D0, 0x1E8D6},
};

constexpr range ideographs[] = {
    {0x4E00, 0x9FFF},   {0x3400, 0x4DBF},   {0xF900, 0xFAFF},   {0x20000, 0x2A6DF},
    {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B820, 0x2CEAF}, {0x2F800, 0x2FA1F},
    {0x2E80, 0x303F},   {0x2CEB0, 0x2EBEF}, {0x30000, 0x3134F},
};

constexpr range emoji[] = {
    {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x1FA70, 0x1FAFF}, {0x2600, 0x27BF},
    {0x1F1E6, 0x1F1FF}, {0x1F3FB, 0x1F3FF}, {0x200D, 0x200D},   {0xFE0F, 0xFE0F},
};

constexpr range others[] = {
    {0x0000, 0x001F},   {0x007F, 0x009F}, {0x00AD, 0x00AD}, {0x200B, 0x200F}, {0x2028, 0x202F},   {0x205F, 0x206F},
    {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFF}, {0xFDD0, 0xFDEF}, {0xE000, 0xF8FF}, {0xF0000, 0xF0FFF}, {0x10FF00, 0x10FFFF},
    {0xE0000, 0xE01FF}, {0x0600, 0x0605}, {0x061C, 0x061C}, {0x180E, 0x180E}, {0xE0100, 0xE01EF},
};

constexpr char32_t spaces[] = {0x20,   0x09,   0x0A,   0x0D,   0x0B,   0x0C,   0x85,   0xA0,
                               0x1680, 0x2003, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0x200B};
constexpr char32_t longs[] = {0x61, 0x5A, 0xE9, 0x130, 0xAC01, 0x3B1, 0x302E};
constexpr std::string_view punctuation = R"(!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~0123456789)";
constexpr std::string_view specials[] = {"[CLS]", "[SEP]",   "[PAD]",   "[UNK]", "[MASK]",    "[cls]",        "[CLS",
                                         "SEP]",  "[[SEP]]", "[ SEP ]", "##ing", "[unused1]", "[MASK][MASK]", "[UNK]."};

void append(std::string& text, char32_t scalar) {
  char bytes[utf8_bytes_max];
  text.append(bytes, utf8_encode(scalar, bytes));
}

/// SplitMix64.
class random {
public:
  explicit random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    state_ += 0x9E3779B97F4A7C15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  uint32_t below(uint64_t limit) { return static_cast<uint32_t>(next() % limit); }
  char32_t of(std::span<const range> ranges) {
    const range& r = ranges[below(ranges.size())];
    return r.first + below(r.last - r.first + 1);
  }

private:
  uint64_t state_;
};

void append_several(std::string& text, random& r, std::span<const range> ranges, uint32_t several_max) {
  for (uint32_t n = 1 + r.below(several_max); n > 0; --n)
    append(text, r.of(ranges));
}

void append_token(std::string& text, random& r, const std::vector<std::string_view>& tokens) {
  std::string_view token = tokens[r.below(tokens.size())];
  if (token.starts_with("##"))
    token.remove_prefix(2);
  const bool upper = r.below(4) == 0;
  for (const char c : token)
    text += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

/// Known words with what should vanish inside.
void append_disturbed_token(std::string& text, random& r, const std::vector<std::string_view>& tokens) {
  const std::string_view token = tokens[r.below(tokens.size())];
  for (const char* at = token.data(); at != token.data() + token.size();) {
    append(text, utf8_decode(at));
    if (r.below(3) == 0) {
      const bool mark = r.below(2) == 0;
      append(text, mark ? r.of(marks) : r.of(others));
    }
  }
}

void append_letters(std::string& text, random& r) {
  for (uint32_t n = 1 + r.below(12); n > 0; --n) {
    const char32_t first = r.below(2) == 0 ? 'A' : 'a';
    append(text, first + r.below(26));
  }
}

void append_long(std::string& text, random& r) {
  if (r.below(4) != 0)
    return append(text, 'a' + r.below(26));
  const char32_t scalar = longs[r.below(std::size(longs))];
  for (uint32_t n = 90 + r.below(20); n > 0; --n)
    append(text, scalar);
}

void append_piece(std::string& text, random& r, const std::vector<std::string_view>& tokens) {
  switch (r.below(16)) {
  case 0:
  case 1:
    return append_token(text, r, tokens);
  case 2:
    return append_letters(text, r);
  case 3:
    for (uint32_t n = 1 + r.below(4); n > 0; --n)
      text += punctuation[r.below(punctuation.size())];
    return;
  case 4:
    for (uint32_t n = 1 + r.below(3); n > 0; --n)
      append(text, spaces[r.below(std::size(spaces))]);
    return;
  case 5:
    append(text, 'a' + r.below(26));
    return append_several(text, r, marks, 6);
  case 6:
  case 7: {
    const range& script = scripts[r.below(std::size(scripts))];
    const uint32_t count = 1 + r.below(8);
    for (uint32_t n = count; n > 0; --n)
      append(text, r.of({&script, 1}));
    return;
  }
  case 8:
    return append_several(text, r, ideographs, 5);
  case 9:
    return append_several(text, r, emoji, 4);
  case 10:
    return append_several(text, r, others, 3);
  case 11:
    return append_long(text, r);
  case 12:
    text += specials[r.below(std::size(specials))];
    return;
  case 13:
    return append_several(text, r, marks, 4);
  case 14:
    return append_disturbed_token(text, r, tokens);
  default: {
    const char32_t scalar = r.below(0x110000 - 0x800);
    return append(text, scalar < 0xD800 ? scalar : scalar + 0x800);
  }
  }
}

} // namespace

std::string fuzz_string(uint64_t index, const std::vector<std::string_view>& tokens) {
  random r(0x57454654 + index);
  std::string text;
  for (uint32_t pieces = 1 + r.below(uint64_t{1} << r.below(7)); pieces > 0; --pieces) {
    append_piece(text, r, tokens);
    if (r.below(2) == 0)
      text += ' ';
  }
  return text;
}

} // namespace weft::test
