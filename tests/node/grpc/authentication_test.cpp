#include "node/grpc/authentication.hpp"

#include <doctest/doctest.h>

using weft::role;

TEST_CASE("a made key has 256 bits in a form that travels in a header, and no two are equal") {
  const auto a = weft::make_api_key(), b = weft::make_api_key();
  CHECK(a.size() == 5 + 43);
  CHECK(a.starts_with("weft_"));
  CHECK(a.substr(5).find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
        std::string::npos);
  CHECK(a != b);
}

TEST_CASE("the stored hash is SHA-256 in hex") {
  // FIPS 180-2, appendix B.1
  CHECK(weft::hash_api_key("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a key lets its tenant in, in its role, and nothing else does") {
  const auto key = weft::make_api_key();
  auto ring = weft::key_ring::make(
      {{.name = "a", .tenant = "red", .caller = role::operator_, .hash = weft::hash_api_key(key)},
       {.name = "b", .tenant = "blue", .caller = role::client, .hash = weft::hash_api_key("other")}});
  REQUIRE(ring);
  for (const auto& header : {"Bearer " + key, "bearer " + key, "BEARER " + key}) {
    auto caller = (*ring)->caller(header);
    REQUIRE(caller);
    CHECK(caller->tenant == "red");
    CHECK(caller->caller == role::operator_);
  }
  for (const auto& header : {std::string(), key, std::string("Bearer"), std::string("Bearer "), "Basic " + key,
                             "Bearer  " + key, "Bearer " + key + "x", "Bearer " + weft::hash_api_key(key)}) {
    CAPTURE(header);
    auto caller = (*ring)->caller(header);
    REQUIRE_FALSE(caller);
    CHECK(caller.error().code == weft::errc::unauthenticated);
    CHECK(caller.error().message.find(key) == std::string::npos);
  }
}

TEST_CASE("without keys everybody is anonymous") {
  auto ring = weft::key_ring::make({});
  REQUIRE(ring);
  CHECK((*ring)->open());
  CHECK((*ring)->caller("")->caller == role::anonymous);
}

TEST_CASE("a key that cannot work is refused with its name") {
  const auto hash = weft::hash_api_key("k");
  const weft::api_key good{.name = "good", .tenant = "t", .caller = role::client, .hash = hash};
  for (const auto& [keys, why] : {
           std::pair{std::vector{weft::api_key{.name = "short", .hash = "abcd"}}, "'short'"},
           {std::vector{weft::api_key{.name = "odd", .hash = std::string(64, 'g')}}, "'odd'"},
           {std::vector{weft::api_key{.name = "who", .caller = role::anonymous, .hash = hash}}, "'who'"},
           {std::vector{good, good}, "given twice"},
           {std::vector{good, weft::api_key{.name = "copy", .hash = hash}}, "'copy'"},
       }) {
    auto ring = weft::key_ring::make(keys);
    REQUIRE_FALSE(ring);
    CHECK(ring.error().code == weft::errc::invalid_argument);
    CHECK(ring.error().message.find(why) != std::string::npos);
  }
}
