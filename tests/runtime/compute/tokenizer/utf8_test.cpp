#include "runtime/compute/tokenizer/utf8.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace std::string_view_literals;

TEST_CASE("the first byte that is not valid UTF-8 is found") {
  struct row {
    std::string_view text;
    size_t valid;
  };
  const row rows[] = {
      {"", 0},
      {"abc", 3},
      {"a\0b"sv, 3},
      {"\xC3\xA9", 2},
      {"\xEF\xBF\xBD", 3},
      {"\xF4\x8F\xBF\xBF", 4},
      {"\xED\x9F\xBF\xEE\x80\x80", 6},
      {"a\x80", 1},            // a tail byte alone
      {"\xC3", 0},             // cut off
      {"ab\xE2\x82", 2},       // cut off
      {"\xF0\x9F\x98", 0},     // cut off
      {"\xC3(", 0},            // no tail
      {"\xE2(\xA1", 0},        // no tail
      {"\xE2\x82(", 0},        // no tail
      {"\xF0\x9F\x98(", 0},    // no tail
      {"\xC0\x80", 0},         // overlong NUL
      {"\xC1\xBF", 0},         // overlong
      {"\xE0\x9F\xBF", 0},     // overlong
      {"\xF0\x8F\xBF\xBF", 0}, // overlong
      {"\xED\xA0\x80", 0},     // surrogate
      {"\xED\xBF\xBF", 0},     // surrogate
      {"\xF4\x90\x80\x80", 0}, // above U+10FFFF
      {"\xF5\x80\x80\x80", 0}, // above U+10FFFF
      {"\xFF", 0},
      {"\xFE", 0},
  };
  for (const auto& [text, valid] : rows) {
    CAPTURE(text);
    CHECK(weft::utf8_valid_bytes(text) == valid);
  }
}

TEST_CASE("a bad byte is found at every distance from ASCII that is skipped in blocks") {
  for (size_t before = 0; before < 100; ++before)
    for (size_t after : {0u, 1u, 40u}) {
      const auto text = std::string(before, 'a') + '\xFF' + std::string(after, 'b');
      CAPTURE(before);
      CHECK(weft::utf8_valid_bytes(text) == before);
    }
}

TEST_CASE("every scalar is written and read back") {
  for (char32_t scalar = 0; scalar < 0x110000; ++scalar) {
    if (scalar >= 0xD800 && scalar < 0xE000)
      continue;
    char bytes[weft::utf8_bytes_max];
    const size_t size = weft::utf8_encode(scalar, bytes);
    const char* at = bytes;
    const bool same =
        weft::utf8_decode(at) == scalar && at == bytes + size && weft::utf8_valid_bytes({bytes, size}) == size;
    if (!same)
      CHECK_MESSAGE(same, static_cast<uint32_t>(scalar));
  }
}
