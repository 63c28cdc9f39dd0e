#include "runtime/settings/settings_file_format.hpp"
#include "tests/runtime/settings/settings_world.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace weft::test;

namespace {

settings_map sample() {
  settings_map map;
  map.merge({entry("b", "two", 2, 9), entry("a", std::string("\0\xff", 2), 1, UINT64_MAX), entry("c", "", 7, 3, true)});
  return map;
}

} // namespace

TEST_CASE("a map survives the file whole, with versions, writers, times and tombstones") {
  const auto map = sample();
  const auto back = decode_settings(encode_settings(map, noon), "settings");
  REQUIRE(back);
  CHECK(back->saved == noon);
  CHECK(back->entries == all_entries(map));
  const auto empty = decode_settings(encode_settings(settings_map{}, noon), "settings");
  REQUIRE(empty);
  CHECK(empty->entries.empty());
}

TEST_CASE("the bytes of a map are fixed: files outlive releases") {
  settings_map map;
  map.merge({entry("a", "xy", 2, 3)});
  const std::string want = std::string("WEFTSETS\1\0\0\0", 12) + std::string("\0\x50\x5c\x18\xa3\1\0\0", 8) +
                           std::string("\1\0\0\0", 4) + std::string("\2\0\0\0\0\0\0\0", 8) +
                           std::string("\3\0\0\0\0\0\0\0", 8) + std::string("\0\x50\x5c\x18\xa3\1\0\0", 8) +
                           std::string("\0", 1) + std::string("\1\0\0\0a\2\0\0\0xy", 11);
  const auto got = encode_settings(map, noon);
  REQUIRE(got.size() == want.size() + 8);
  CHECK(got.substr(0, want.size()) == want);
}

TEST_CASE("any damaged byte, a cut and an addition are noticed, and the error names the file") {
  const auto good = encode_settings(sample(), noon);
  for (size_t i = 0; i < good.size(); ++i) {
    CAPTURE(i);
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    const auto got = decode_settings(bad, "n1/settings");
    REQUIRE(!got);
    CHECK(got.error().code == errc::state_damaged);
    CHECK(got.error().message.find("n1/settings") == 0);
    CHECK(!decode_settings(good.substr(0, i), "n1/settings"));
  }
  CHECK(!decode_settings(good + '\0', "n1/settings"));
  CHECK(!decode_settings("", "n1/settings"));
}
