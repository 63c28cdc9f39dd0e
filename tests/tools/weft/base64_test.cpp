#include "tools/weft/base64.hpp"

#include <doctest/doctest.h>

using namespace weft::cli;

TEST_CASE("base64 is as RFC 4648 has it") {
  for (auto [bytes, want] : {std::pair{std::string_view{""}, ""},
                             {"f", "Zg=="},
                             {"fo", "Zm8="},
                             {"foo", "Zm9v"},
                             {"foob", "Zm9vYg=="},
                             {"fooba", "Zm9vYmE="},
                             {"foobar", "Zm9vYmFy"},
                             {std::string_view{"\xff\x00\xfb", 3}, "/wD7"}}) {
    CAPTURE(bytes);
    CHECK(base64(bytes) == want);
  }
}
