#include "runtime/base/random_source.hpp"
#include "runtime/corpus_job/item_gaps.hpp"

#include <doctest/doctest.h>

using namespace weft;

namespace {

std::vector<item_run> runs_of(const std::vector<bool>& failed) {
  std::vector<item_run> out;
  for (size_t i = 0; i < failed.size(); ++i)
    if (failed[i])
      out.push_back({i, 1});
  return out;
}

} // namespace

TEST_CASE("items that have a vector are numbered without a gap, and numbers lead back to their items") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    random_source draw(seed);
    std::vector<bool> failed(1 + draw.below(300));
    const double share = draw.unit();
    for (size_t i = 0; i < failed.size(); ++i)
      failed[i] = draw.chance(share);
    auto runs = runs_of(failed);
    for (size_t i = 1; i < runs.size(); ++i)
      std::swap(runs[i], runs[draw.below(static_cast<uint32_t>(i + 1))]);
    const auto gaps = item_gaps::of(runs, failed.size());
    REQUIRE(gaps);
    uint64_t next = 0;
    for (uint64_t item = 0; item < failed.size(); ++item) {
      const auto number = gaps->number_of(item);
      CHECK(number.has_value() != failed[item]);
      if (!number)
        continue;
      CHECK(*number == next);
      CHECK(gaps->item_of(next) == item);
      ++next;
    }
    CHECK(gaps->embedded() == next);
    CHECK(gaps->failed() + next == failed.size());
  }
}

TEST_CASE("runs that touch become one, so that equal gaps are equal values") {
  const auto parts = item_gaps::of({{7, 2}, {3, 1}, {4, 3}}, 20);
  const auto whole = item_gaps::of({{3, 6}}, 20);
  REQUIRE(parts);
  REQUIRE(whole);
  CHECK(*parts == *whole);
  CHECK(parts->runs() == std::vector<item_run>{{3, 6}});
}

TEST_CASE("runs that do not fit the job are refused") {
  for (const auto& runs : std::vector<std::vector<item_run>>{
           {{0, 0}}, {{10, 1}}, {{9, 2}}, {{3, 2}, {4, 1}}, {{~uint64_t{0}, 1}}, {{5, ~uint32_t{0}}}}) {
    const auto gaps = item_gaps::of(runs, 10);
    REQUIRE(!gaps);
    CHECK(gaps.error().code == errc::invalid_argument);
  }
  std::vector<item_run> scattered;
  for (uint64_t i = 0; i <= gap_runs_max; ++i)
    scattered.push_back({2 * i, 1});
  const auto too_many = item_gaps::of(scattered, 4 * gap_runs_max);
  REQUIRE(!too_many);
  CHECK(too_many.error().code == errc::too_many_items);
}

TEST_CASE("the gaps of a segment are those of its items without a result") {
  std::vector<item_outcome> items(6);
  for (const size_t i : {0U, 1U, 4U})
    items[i].code = errc::invalid_utf8;
  CHECK(gaps_in(100, items) == std::vector<item_run>{{100, 2}, {104, 1}});
  CHECK(gaps_in(100, {}).empty());
}
