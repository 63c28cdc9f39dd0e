#include "tools/weft/latency_quantile.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace weft::cli;

namespace {

latency_steps steps(std::initializer_list<std::pair<double, uint64_t>> all) {
  latency_steps out;
  for (const auto& [seconds, calls] : all) {
    out.emplace_back();
    out.back().set_seconds_max(seconds);
    out.back().set_calls(calls);
  }
  return out;
}

constexpr double infinite = std::numeric_limits<double>::infinity();

} // namespace

TEST_CASE("a quantile lies inside its step, where its share of the step's calls puts it") {
  const auto s = steps({{0.1, 10}, {0.2, 30}, {infinite, 40}});
  struct {
    double q;
    double seconds;
  } const table[] = {{0, 0}, {0.125, 0.05}, {0.25, 0.1}, {0.5, 0.15}, {0.75, 0.2}, {0.99, 0.2}};
  for (const auto& row : table) {
    CAPTURE(row.q);
    REQUIRE(quantile(s, row.q));
    CHECK(*quantile(s, row.q) == doctest::Approx(row.seconds));
  }
}

TEST_CASE("without calls there is no quantile") {
  CHECK_FALSE(quantile({}, 0.5));
  CHECK_FALSE(quantile(steps({{0.1, 0}, {infinite, 0}}), 0.5));
}

TEST_CASE("the calls between two looks are the difference, and a restart has none") {
  const auto before = steps({{0.1, 10}, {infinite, 12}});
  const auto after = steps({{0.1, 10}, {infinite, 20}});
  const auto made = between(before, after);
  REQUIRE(made);
  CHECK(made->at(0).calls() == 0);
  CHECK(made->at(1).calls() == 8);
  CHECK_FALSE(between(after, before));
  CHECK_FALSE(between(before, steps({{0.2, 11}, {infinite, 20}})));
}

TEST_CASE("nodes with the same steps add up, others are left out") {
  latency_steps all;
  add(all, steps({{0.1, 1}, {infinite, 2}}));
  add(all, steps({{0.1, 3}, {infinite, 4}}));
  add(all, steps({{0.5, 100}, {infinite, 100}}));
  REQUIRE(all.size() == 2);
  CHECK(all[0].calls() == 4);
  CHECK(all[1].calls() == 6);
}
