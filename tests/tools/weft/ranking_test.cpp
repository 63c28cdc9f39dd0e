#include "tools/weft/ranking.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace weft::cli;

TEST_CASE("cosine is 1 for the same direction, 0 for none") {
  const std::vector<float> a{1, 2, 3};
  CHECK(cosine(a, std::vector<float>{2, 4, 6}) == doctest::Approx(1));
  CHECK(cosine(a, std::vector<float>{-1, -2, -3}) == doctest::Approx(-1));
  CHECK(cosine(a, std::vector<float>{0, 0, 0}) == 0);
  CHECK(cosine(a, std::vector<float>{1, 2}) == 0);
}

TEST_CASE("the best of many are kept, of equal ones the first") {
  const unsigned seed = 11;
  CAPTURE(seed);
  std::minstd_rand random{seed};
  ranking r{3};
  std::vector<int> scores;
  for (int i = 0; i < 1000; ++i) {
    scores.push_back(static_cast<int>(random() % 50));
    r.offer(static_cast<float>(scores.back()), {"f", static_cast<uint64_t>(i)}, std::to_string(i));
  }
  std::vector<uint64_t> want;
  for (uint64_t i = 0; i < scores.size() && want.size() < 3; ++i)
    if (scores[i] == 49)
      want.push_back(i);
  REQUIRE(want.size() == 3);
  const auto best = r.best();
  REQUIRE(best.size() == 3);
  for (size_t i = 0; i < 3; ++i) {
    CHECK(best[i].score == 49);
    CHECK(best[i].place.line == want[i]);
  }
}
