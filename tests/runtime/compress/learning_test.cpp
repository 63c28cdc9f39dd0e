#include "runtime/base/random_source.hpp"
#include "runtime/compress/learning.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace weft;

namespace {

constexpr auto incumbent = compress_strategy::semantic; // of small prose, in the first table
constexpr auto rival = compress_strategy::hierarchical;

/// Texts of very different difficulty, on which the rival is better by `gain`, more or less.
strategy_learning learned_from(uint64_t texts, double gain, double noise, uint64_t seed = 1) {
  strategy_learning out;
  random_source random{seed};
  for (uint64_t i = 0; i < texts; ++i) {
    const double difficulty = 0.3 + 0.4 * random.unit();
    const double better = difficulty + gain + noise * (random.unit() - 0.5);
    const strategy_trial trials[] = {{incumbent, difficulty, difficulty, 8, 2.0}, {rival, better, better, 8, 0.5}};
    out.record(content_kind::prose, size_class::small, trials);
  }
  return out;
}

} // namespace

TEST_CASE("a strategy replaces another only after enough texts, by enough, and beyond chance") {
  struct row {
    const char* what;
    uint64_t texts;
    double gain;
    double noise;
    bool proposed;
  };
  const row rows[] = {{"clearly better", 30, 0.05, 0.02, true},
                      {"too few texts", 29, 0.05, 0.02, false},
                      {"too small a gain", 1'000, 0.008, 0.02, false},
                      {"as likely chance", 30, 0.03, 0.4, false},
                      {"the same noise, many texts", 3'000, 0.03, 0.4, true},
                      {"worse", 1'000, -0.05, 0.02, false},
                      {"equal", 1'000, 0, 0, false}};
  for (const auto& [what, texts, gain, noise, proposed] : rows) {
    CAPTURE(what);
    const auto learning = learned_from(texts, gain, noise);
    CHECK(learning.paired(content_kind::prose, size_class::small, rival, incumbent) == texts);
    const auto proposal = learning.propose(default_policy());
    CHECK(proposal.has_value() == proposed);
  }
}

TEST_CASE("a proposal is the next table: one number higher, changed where it says so, with figures") {
  const auto now = default_policy();
  const auto proposal = learned_from(100, 0.05, 0.02).propose(now);
  REQUIRE(proposal);
  CHECK(proposal->next.number == now.number + 1);
  REQUIRE(proposal->changes.size() == 1);
  const auto& change = proposal->changes[0];
  CHECK(change.kind == content_kind::prose);
  CHECK(change.size == size_class::small);
  CHECK(change.from == incumbent);
  CHECK(change.to == rival);
  CHECK(change.reason.find("on 100 texts") != std::string::npos);
  CHECK(change.reason.find("0.5 s a MB instead of 2") != std::string::npos);
  auto expected = now;
  expected.number = now.number + 1;
  expected.at(content_kind::prose, size_class::small) = rival;
  CHECK(proposal->next == expected);
  // Applied, it is not proposed again.
  CHECK_FALSE(learned_from(100, 0.05, 0.02).propose(proposal->next));
}

TEST_CASE("of several that are better the one with the highest certain gain is proposed") {
  strategy_learning learning;
  random_source random{5};
  for (int i = 0; i < 40; ++i) {
    const double base = 0.5 + 0.1 * random.unit();
    const strategy_trial trials[] = {{compress_strategy::ensemble, base + 0.1, base + 0.1},
                                     {compress_strategy::hierarchical, base + 0.05, base + 0.05},
                                     {compress_strategy::semantic, base, base}};
    learning.record(content_kind::prose, size_class::small, trials);
  }
  const auto proposal = learning.propose(default_policy());
  REQUIRE(proposal);
  REQUIRE(proposal->changes.size() == 1);
  CHECK(proposal->changes[0].to == compress_strategy::ensemble);
}

TEST_CASE("what was learned about one kind and size says nothing about others") {
  const auto learning = learned_from(500, 0.1, 0.01);
  CHECK(learning.paired(content_kind::prose, size_class::large, rival, incumbent) == 0);
  CHECK(learning.paired(content_kind::paper, size_class::small, rival, incumbent) == 0);
  CHECK(learning.propose(default_policy())->changes.size() == 1);
}

TEST_CASE("one strategy alone counts for its cost, and figures that are none count for nothing") {
  strategy_learning learning;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (int i = 0; i < 100; ++i) {
    const strategy_trial alone[] = {{rival, 0.9, 0.9, 8, 3.0}};
    learning.record(content_kind::log, size_class::large, alone);
    const strategy_trial broken[] = {
        {incumbent, nan, 0.5, 8, 1.0}, {rival, 0.5, -1, 8, 1.0}, {compress_strategy::automatic, 0.5, 0.5, 8, 1.0}};
    learning.record(content_kind::log, size_class::large, broken);
  }
  CHECK(learning.seconds_per_mb(content_kind::log, size_class::large, rival) == doctest::Approx(3.0));
  CHECK(learning.paired(content_kind::log, size_class::large, incumbent, rival) == 0);
  CHECK_FALSE(learning.propose(default_policy()));
}

TEST_CASE("what was long ago gives way: a strategy that has become worse loses its lead") {
  auto learning = learned_from(100'000, 0.05, 0.02);
  REQUIRE(learning.propose(default_policy()));
  CHECK(learning.paired(content_kind::prose, size_class::small, rival, incumbent) <= paired_trials_max);
  for (int i = 0; i < 10'000; ++i) {
    const strategy_trial trials[] = {{incumbent, 0.6, 0.6}, {rival, 0.5, 0.5}};
    learning.record(content_kind::prose, size_class::small, trials);
  }
  CHECK_FALSE(learning.propose(default_policy()));
}
