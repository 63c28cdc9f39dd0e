#include "runtime/compute/tokenizer/text_scanner.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace std::string_view_literals;
using weft::text_scanner;

const weft::text_rules& rules() {
  static const weft::text_rules r;
  return r;
}

/// Words as they are, "?" for one that is too long, "<id>" for a special token.
std::vector<std::string> words(std::string_view text) {
  const weft::special_token specials[] = {{"[SEP]", 7}};
  text_scanner scanner(rules(), specials, text);
  std::vector<std::string> out;
  while (scanner.next())
    out.push_back(scanner.special()      ? "<" + std::to_string(scanner.special()->id) + ">"
                  : scanner.is_unknown() ? "?"
                                         : std::string(scanner.word()));
  return out;
}

} // namespace

TEST_CASE("a text becomes the words that the vocabulary is asked for") {
  struct row {
    std::string_view text;
    std::vector<std::string> words;
  };
  const row rows[] = {
      {"", {}},
      {" \t\r\n\u00A0\u3000", {}},
      {"Hello, World!", {"hello", ",", "world", "!"}},
      {"don't", {"don", "'", "t"}},
      {"\u00C9cole e\u0301cole", {"ecole", "ecole"}},
      {"\u0130", {"i"}},
      {"a\0b\u200B\uE000\uFFFDc"sv, {"abc"}},
      {"a\u4E2D\u6587b", {"a", "\u4E2D", "\u6587", "b"}},
      {"\uF900", {"\u8C48"}},
      {"\uAC01", {"\u1100\u1161\u11A8"}},
      {"a\u2014b", {"a", "\u2014", "b"}},
      {"\u037E\u2260x", {";", "=", "x"}},
      {"x[SEP]y[SEP", {"x", "<7>", "y", "[", "sep"}},
      {"\u0301", {}},
      {"\u0301 \u0301a\u0301", {"a"}},
      {"a\u2003b\u0085c", {"a", "bc"}},
      {"\U0001F600b", {"\U0001F600b"}},
      {"\u03A3\u03AF\u03C3\u03C5\u03C6\u03BF\u03A3", {"\u03C3\u03B9\u03C3\u03C5\u03C6\u03BF\u03C3"}},
      {"a\u302E\U0001D165", {"a\U0001D165\u302E"}},
      {"a\u302E\u0301\U0001D165", {"a\U0001D165\u302E"}},
      {"a\u302E\u034F\U0001D165", {"a\u302E\U0001D165"}},
      {"a\u302E \U0001D165", {"a\u302E", "\U0001D165"}},
      {"\U0001D16D\u302E\U0001D165\u1B44", {"\u1B44\U0001D165\u302E\U0001D16D"}},
      {"\u302Eb\U0001D165", {"\u302Eb\U0001D165"}},
  };
  for (const auto& [text, want] : rows) {
    CAPTURE(text);
    CHECK(words(text) == want);
  }
}

TEST_CASE("a word of 100 characters is looked up, one of 101 is not, whatever they are and whatever follows") {
  const auto times = [](std::string_view unit, int count) {
    std::string text;
    while (count-- > 0)
      text += unit;
    return text;
  };
  for (const std::string_view unit :
       {"a", "\u00E9", "\u0431", "\U0001F600", "\u302E", "\U0001D165", "A\u0301", "a\u00AD"}) {
    CAPTURE(unit);
    const auto whole = words(times(unit, 100));
    CHECK(whole != std::vector<std::string>{"?"});
    CHECK(whole.size() == 1);
    for (const int count : {101, 102, 103, 104, 200, 1000})
      for (const std::string_view tail : {"", "b", "\u00E9", "\U0001D160", "\uAC01"})
        CHECK(words(times(unit, count) + std::string(tail)) == std::vector<std::string>{"?"});
  }
  // Characters are counted after decomposition.
  CHECK(words(times("\uAC01", 33) + "a") == std::vector<std::string>{times("\u1100\u1161\u11A8", 33) + "a"});
  CHECK(words(times("\uAC01", 33) + "ab") == std::vector<std::string>{"?"});
  CHECK(words(times("a", 99) + "\uAC01") == std::vector<std::string>{"?"});
  CHECK(words(times("a", 101) + ".b") == std::vector<std::string>{"?", ".", "b"});
  CHECK(words(times("a", 101) + "\u4E2Db") == std::vector<std::string>{"?", "\u4E2D", "b"});
}
