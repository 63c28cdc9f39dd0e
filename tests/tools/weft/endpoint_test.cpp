#include "tools/weft/endpoint.hpp"

#include <doctest/doctest.h>

using namespace weft::cli;
using namespace std::chrono_literals;

TEST_CASE("endpoints are split at commas, completed with the port, and named once") {
  const auto parsed = parse_endpoints({"n1:7700, n2", "[::1]:7711", "[::1]", "n1:7700"});
  REQUIRE(parsed);
  CHECK(*parsed == std::vector<std::string>{"n1:7700", "n2:7700", "[::1]:7711", "[::1]:7700"});
}

TEST_CASE("what is no endpoint is refused with its text") {
  for (const char* bad :
       {"http://n1:7700", "n1:", ":7700", "n1:0", "n1:70000", "n1:77x", "a:b:c", "", " , ", "n1:7700/x", "user@n1"}) {
    CAPTURE(bad);
    const auto parsed = parse_endpoints({bad});
    CHECK_FALSE(parsed);
  }
}

TEST_CASE("a key to these hosts does not leave the machine") {
  for (const char* here : {"127.0.0.1:7700", "127.8.8.8:1", "localhost:7700", "[::1]:7700"})
    CHECK(is_loopback(here));
  for (const char* there : {"10.0.0.1:7700", "localhost.example:7700", "[::2]:7700", "n1:7700"})
    CHECK_FALSE(is_loopback(there));
}

TEST_CASE("a duration has a unit or means seconds") {
  for (auto [text, want] :
       {std::pair{"500ms", 500ms}, {"30s", 30000ms}, {"1.5", 1500ms}, {"2m", 120000ms}, {"24h", 86400000ms}}) {
    CAPTURE(text);
    const auto parsed = parse_duration(text);
    REQUIRE(parsed);
    CHECK(*parsed == want);
  }
  for (const char* bad : {"", "s", "-1s", "0", "5 s", "1d", "25h", "nan", "inf", "1e99"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_duration(bad));
  }
  CHECK(*parse_duration("7d", std::chrono::hours{24 * 30}) == std::chrono::hours{7 * 24});
  CHECK_FALSE(parse_duration("31d", std::chrono::hours{24 * 30}));
}
