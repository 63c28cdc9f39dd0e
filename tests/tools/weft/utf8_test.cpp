#include "tools/weft/utf8.hpp"

#include <doctest/doctest.h>

#include <clocale>

using namespace weft::cli;

TEST_CASE("the first byte that is not UTF-8 is found") {
  for (auto [text, want] : {std::pair{std::string_view{"plain"}, -1},
                            {"Grüße 日本 😀", -1},
                            {std::string_view{"a\0b", 3}, -1},
                            {"ab\xff", 2},
                            {"a\xc3", 1},         // cut short
                            {"\xc0\xaf", 0},      // overlong
                            {"\xe0\x80\xaf", 0},  // overlong
                            {"x\xed\xa0\x80", 1}, // a surrogate
                            {"\xf4\x90\x80\x80", 0} /* above U+10FFFF */}) {
    CAPTURE(text);
    const auto found = find_invalid_utf8(text);
    CHECK((found ? static_cast<int>(*found) : -1) == want);
  }
}

TEST_CASE("no text can move the cursor") {
  CHECK(printable("a\x1b[31mred\r\nb\tc") == "a [31mred b c");
  CHECK(printable("  lead and trail  ") == "lead and trail");
  CHECK(printable("left\u202Eright\u2028next") == "left right next");
  CHECK(printable("bad \xff byte") == "bad \uFFFD byte");
}

TEST_CASE("a text of several lines keeps them, its tabs and its spaces, and nothing that moves the cursor") {
  CHECK(printable_lines("a\x1b[31mred\r\n\tb  c\n") == "a [31mred\n\tb  c\n");
  CHECK(printable_lines("left\u202Eright bad \xff byte") == "left right bad \uFFFD byte");
}

TEST_CASE("texts are cut at columns, not at bytes") {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  CHECK(display_width("日本") == 4);
  CHECK(display_width("e\u0301") == 1);
  CHECK(shorten("short", 5) == "short");
  CHECK(shorten("something long", 10) == "something…");
  CHECK(shorten("日本語日本語", 7) == "日本語…");
  CHECK(shorten("word", 0).empty());
  CHECK(shorten_front("/usr/share/common-licenses/GPL-3:12", 12) == "…es/GPL-3:12");
}
