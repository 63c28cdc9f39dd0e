#include "runtime/points/calibration.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace weft;

TEST_CASE("a calibration is the mean of the sample, and moves it to zero") {
  const std::vector<float> sample{1, 2, 3, -2, 5, 0};
  const auto learnt = learn_calibration(sample, 2);
  CHECK(learnt.mean == std::vector<float>{3, 0});
  CHECK(learnt.centered(std::vector<float>{1, 2}) == std::vector<float>{-2, 2});
}

TEST_CASE("a calibration is the same after it was written and read") {
  const calibration learnt{{0.25F, -1e-30F, 3}};
  const auto back = parse_calibration(serialize(learnt));
  REQUIRE(back);
  CHECK(*back == learnt);
}

TEST_CASE("a damaged calibration is refused") {
  const auto whole = serialize({{1, 2}});
  auto later = whole;
  later[7] = '2';
  for (const auto& bytes : {std::string(), std::string("weftcal1"), whole.substr(0, 9), whole.substr(1), later,
                            serialize({{std::numeric_limits<float>::infinity()}})}) {
    CAPTURE(bytes);
    const auto read = parse_calibration(bytes);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == errc::state_damaged);
  }
}
