#include "runtime/membership/messages.hpp"
#include "tests/runtime/membership/claims.hpp"

#include <doctest/doctest.h>

using namespace weft;

TEST_CASE("a brief claim is much smaller than one with its profile, and both count in a message") {
  auto brief = wire_bytes(claims::update({.with_profile = false}));
  auto full = wire_bytes(claims::update({}));
  CHECK(brief < 64);
  CHECK(full > brief + 30);
  auto empty = wire_bytes(claims::from(1, ping{}));
  auto message = claims::from(1, ping{}, {claims::update({}), claims::update({.with_profile = false})});
  CHECK(wire_bytes(message) == empty + brief + full);
  sync_request request;
  request.records.assign(100, claims::record({}));
  CHECK(wire_bytes(claims::from(1, request)) > 100 * (full - 10));
}

TEST_CASE("clusters have different marks") {
  CHECK(cluster_mark("a") != cluster_mark("b"));
  CHECK(cluster_mark("a") == cluster_mark("a"));
  CHECK(cluster_mark("") != 0);
}
