#include "tools/weft/progress.hpp"

#include <doctest/doctest.h>

using namespace weft::cli;
using namespace std::chrono_literals;

TEST_CASE("progress shows after a second, then five times a second at most, with the time left") {
  const progress::time_point start{};
  progress p{start, 1000};
  CHECK_FALSE(p.update(10, 100, start + 999ms, 80));
  const auto line = p.update(50, 250, start + 10s, 80);
  REQUIRE(line);
  CHECK(*line == "50 texts  5.00/s  [#####---------------]  25%  30s left");
  CHECK_FALSE(p.update(51, 260, start + 10s + 199ms, 80));
  CHECK(p.update(51, 260, start + 10s + 200ms, 80));
}

TEST_CASE("input without a known size shows what was read") {
  const progress::time_point start{};
  progress p{start, std::nullopt};
  CHECK(p.update(2000, 1500000, start + 100s, 80) == "2 000 texts  20.0/s  1.50 MB  1m40s");
}

TEST_CASE("a narrow terminal gets a shorter line") {
  const progress::time_point start{};
  progress p{start, 10};
  CHECK(p.update(50, 5, start + 10s, 12) == "50 texts  5…");
}
