#include "node/config/api_key_entry.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

TEST_CASE("an API key entry is read and written back") {
  const std::string hash(64, 'a');
  for (const auto& line :
       std::vector<std::string>{"alice:client:" + hash, "ops:operator:" + hash, "alice:client:" + hash + ":team",
                                "a.b-c_D:client:" + hash + ":acme.eu"}) {
    CAPTURE(line);
    const auto entry = weft::parse_api_key_entry(line);
    REQUIRE(entry);
    CHECK(weft::to_line(*entry) == line);
  }
  CHECK(weft::parse_api_key_entry("alice:client:" + hash)->tenant == "alice");
  CHECK(weft::parse_api_key_entry("alice:client:" + hash + ":team")->tenant == "team");
}

TEST_CASE("a wrong API key entry is refused, and its hash stays out of the message") {
  const std::string hash(64, 'a');
  for (const auto& line :
       std::vector<std::string>{"", "a:client", "a:root:" + hash, ":client:" + hash, "a b:client:" + hash,
                                "a@b:client:" + hash, "a:client:" + hash + "f", "a:client:" + std::string(64, 'A'),
                                "a:client:" + hash + ":", "a:client:" + hash + ":t:u"}) {
    CAPTURE(line);
    const auto entry = weft::parse_api_key_entry(line);
    REQUIRE_FALSE(entry);
    CHECK(entry.error().message.find("aaaa") == std::string::npos);
  }
}
