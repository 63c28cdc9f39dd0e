#include "runtime/membership/awareness.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

using namespace weft;
using namespace std::chrono_literals;

TEST_CASE("local health stays between 0 and its most, and stretches times by up to eight") {
  struct row {
    std::vector<int> deltas;
    int score;
    std::chrono::milliseconds stretched;
  };
  for (const auto& [deltas, score, stretched] :
       {row{{}, 0, 200ms}, row{{1}, 1, 400ms}, row{{-1}, 0, 200ms}, row{{3, -1}, 2, 600ms}, row{{100}, 7, 1'600ms},
        row{{100, -1}, 6, 1'400ms}}) {
    awareness health{8};
    for (auto delta : deltas)
      health.add(delta);
    CHECK(health.score() == score);
    CHECK(health.stretch(200ms) == stretched);
  }
}
