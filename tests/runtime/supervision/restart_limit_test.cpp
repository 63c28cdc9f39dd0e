#include "runtime/supervision/restart_limit.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace weft;
using namespace std::chrono_literals;

TEST_CASE("five restarts in any thirty seconds are allowed, not six") {
  struct row {
    std::vector<std::chrono::milliseconds> failures;
    std::vector<bool> allowed;
  };
  const std::vector<row> rows{
      {{0s, 1s, 2s, 3s, 4s, 5s}, {true, true, true, true, true, false}},
      {{0s, 0s, 0s, 0s, 0s, 0s}, {true, true, true, true, true, false}},
      {{0s, 6s, 12s, 18s, 24s, 29'999ms}, {true, true, true, true, true, false}},
      {{0s, 6s, 12s, 18s, 24s, 30s, 35s, 36s}, {true, true, true, true, true, true, false, true}},
      {{0s, 10s, 20s, 30s, 40s, 50s, 60s, 70s}, {true, true, true, true, true, true, true, true}},
  };
  for (const auto& [failures, allowed] : rows) {
    restart_limit limit;
    for (size_t i = 0; i < failures.size(); ++i) {
      CAPTURE(failures[i].count());
      CHECK(limit.allow(time_point{} + failures[i]) == allowed[i]);
    }
  }
}

TEST_CASE("a refused restart does not count, so a child that is quiet for a window may start again") {
  restart_limit limit{{.restarts_max = 1, .window = 10s}};
  CHECK(limit.allow(time_point{}));
  CHECK_FALSE(limit.allow(time_point{} + 9s));
  CHECK(limit.allow(time_point{} + 10s));
}

TEST_CASE("no restarts at all is a limit, too") {
  restart_limit limit{{.restarts_max = 0, .window = 10s}};
  CHECK_FALSE(limit.allow(time_point{}));
}
