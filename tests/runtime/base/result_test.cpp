#include "runtime/base/result.hpp"

#include <doctest/doctest.h>

#include <memory>

namespace {

weft::result<int> half(int x) {
  if (x % 2 != 0)
    return weft::failure{weft::errc::invalid_argument, "odd"};
  return x / 2;
}

} // namespace

TEST_CASE("a result holds a value or the reason why there is none") {
  auto good = half(4);
  REQUIRE(good);
  CHECK(*good == 2);
  auto bad = half(3);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == weft::errc::invalid_argument);
  CHECK(bad.error().message == "odd");
}

TEST_CASE("a result hands over what can only be moved") {
  weft::result<std::unique_ptr<int>> made = std::make_unique<int>(7);
  auto owned = *std::move(made);
  CHECK(*owned == 7);
}
