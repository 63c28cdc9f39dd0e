#include "node/grpc/utf8.hpp"

#include <doctest/doctest.h>

using namespace std::string_literals;

TEST_CASE("UTF-8 is well-formed exactly where Unicode's table 3-7 says so") {
  struct row {
    std::string text;
    bool valid;
  };
  for (const auto& [text, valid] : {
           row{"", true},
           {"plain", true},
           {"\0"s, true},
           {"ä€😀", true},
           {"\xF4\x8F\xBF\xBF", true},
           {"\xED\x9F\xBF", true},
           {"\xEE\x80\x80", true},
           {"\x80", false},
           {"\xC0\x80", false},
           {"\xC1\xBF", false},
           {"\xC3", false},
           {"\xE0\x9F\xBF", false},
           {"\xED\xA0\x80", false},
           {"\xE2\x82", false},
           {"\xF0\x8F\xBF\xBF", false},
           {"\xF4\x90\x80\x80", false},
           {"\xF5\x80\x80\x80", false},
           {"\xFF", false},
           {"ok\xFE", false},
           {"\xF0\x9F\x98", false},
       }) {
    CAPTURE(text.size());
    CAPTURE(static_cast<int>(text.empty() ? 0 : static_cast<unsigned char>(text[0])));
    CHECK(weft::is_utf8(text) == valid);
  }
}

TEST_CASE("characters are counted, not bytes") {
  CHECK(weft::utf8_length("") == 0);
  CHECK(weft::utf8_length("abc") == 3);
  CHECK(weft::utf8_length("ä€😀") == 3);
}

TEST_CASE("what goes into a status message is clean and short") {
  CHECK(weft::printable("plain ä", 100) == "plain ä");
  CHECK(weft::printable("a\xFFz\n\0"s, 100) == "a?z??");
  CHECK(weft::printable("abcdef", 3) == "abc…");
  CHECK(weft::printable("ab€", 4) == "ab…");
  CHECK(weft::printable("abc", 3) == "abc");
}
