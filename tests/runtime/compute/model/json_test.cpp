#include "runtime/compute/model/json.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace weft;

TEST_CASE("JSON that RFC 8259 allows is read") {
  const auto parsed = parse_json(
      " {\"a\" : [1, -2.5e3, true, false, null, {}, []], \"b\": \"x\\n\\u00e9\\ud83d\\ude00\\\"\\/é\"} \r\n\t");
  REQUIRE(parsed);
  const auto* a = parsed->find("a")->get_if<json_value::array>();
  REQUIRE(a);
  REQUIRE(a->size() == 7);
  CHECK((*a)[0].as_unsigned() == 1u);
  CHECK((*a)[1].as_double() == -2500.0);
  CHECK_FALSE((*a)[1].as_unsigned());
  CHECK(*(*a)[2].get_if<bool>());
  CHECK_FALSE(*(*a)[3].get_if<bool>());
  CHECK((*a)[4].get_if<json_value::null>());
  CHECK(*parsed->find("b")->get_if<std::string>() == "x\né😀\"/é");
  CHECK(parsed->find("c") == nullptr);
  CHECK((*a)[0].find("a") == nullptr);
}

TEST_CASE("64-bit integers keep all digits, larger ones are no integers") {
  const auto parsed = parse_json("[18446744073709551615, 18446744073709551616, 1e999]");
  REQUIRE(parsed);
  const auto& a = *parsed->get_if<json_value::array>();
  CHECK(a[0].as_unsigned() == UINT64_MAX);
  CHECK_FALSE(a[1].as_unsigned());
  CHECK_FALSE(a[2].as_double());
}

TEST_CASE("anything else is refused with its place") {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", "byte 0: not a value"},
      {" ", "byte 1: not a value"},
      {"{", "byte 1: a string is missing"},
      {"[1", "byte 2: a comma or a closing bracket is missing"},
      {"[1,]", "byte 3: not a value"},
      {"{\"a\":1,}", "byte 7: a string is missing"},
      {"{\"a\" 1}", "byte 5: a colon is missing"},
      {"{\"a\":1 \"b\":2}", "byte 7: a comma or a closing brace is missing"},
      {"{\"a\":1,\"a\":2}", "byte 10: duplicate key"},
      {"{a:1}", "byte 1: a string is missing"},
      {"{} x", "byte 3: something follows the document"},
      {"01", "byte 1: something follows the document"},
      {"-", "byte 1: not a value"},
      {"1.", "byte 2: digits are missing after the point"},
      {"1e+", "byte 3: digits are missing in the exponent"},
      {"tru", "byte 0: not a value"},
      {"NaN", "byte 0: not a value"},
      {"\"a", "byte 2: a string does not end"},
      {"\"\\", "byte 3: not an escape sequence"},
      {"\"\\x\"", "byte 3: not an escape sequence"},
      {"\"\\u12g4\"", "byte 3: not an escape sequence"},
      {"\"\\ud800\"", "byte 7: half a surrogate pair"},
      {"\"\\udc00\"", "byte 7: half a surrogate pair"},
      {"\"\\ud800\\u0041\"", "byte 13: half a surrogate pair"},
      {std::string("\"\0\"", 3), "byte 1: a control character in a string"},
      {"\"\xff\"", "byte 1: invalid UTF-8"},
      {"\"\xc0\x80\"", "byte 1: invalid UTF-8"},
      {"\"\xed\xa0\x80\"", "byte 1: invalid UTF-8"},
      {"\"\xf4\x90\x80\x80\"", "byte 1: invalid UTF-8"},
      {"\"\xe2\x82", "byte 1: invalid UTF-8"},
      {std::string(40, '['), "byte 33: too deep"},
  };
  for (const auto& [text, want] : rows) {
    CAPTURE(text);
    const auto parsed = parse_json(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == errc::invalid_argument);
    CHECK(parsed.error().message == want);
  }
}

TEST_CASE("a document of very many values is refused") {
  std::string text = "[0";
  for (int i = 0; i < 1'000'000; ++i)
    text += ",0";
  const auto parsed = parse_json(text + "]");
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().message.find("too many values") != std::string::npos);
}
