#include "runtime/compress/coverage_meter.hpp"
#include "runtime/compress/select/fill.hpp"
#include "runtime/compress/select/token_counter.hpp"
#include "runtime/compress/semantic.hpp"
#include "runtime/compress/text/split.hpp"
#include "tests/runtime/compress/run_support.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

using namespace weft;
using namespace weft::test;

namespace {

/// A text with its units counted and their vectors.
struct embedded_text {
  std::string text;
  document source;
  vector_intake intake;

  explicit embedded_text(std::string given, std::string_view query = "")
      : text(std::move(given)), source(*split_text(text)), intake(source, query) {
    count_units(source, fake_wordpiece);
    while (const auto need = intake.next())
      REQUIRE(intake.take(fake_embeddings(need->texts)));
  }
  embedded_text(const embedded_text&) = delete;

  uint64_t tokens() const { return std::accumulate(source.tokens.begin(), source.tokens.end(), uint64_t{0}); }
  double coverage_of(std::span<const uint32_t> order, uint64_t budget) const {
    fill_request request;
    request.source = &source;
    request.order = order;
    request.budget = budget;
    request.counter = counter_kind::wordpiece;
    request.count = fake_wordpiece;
    const auto filled = fill_budget(request);
    REQUIRE(filled);
    coverage_meter meter{intake.all(), {filled->kept}};
    while (const auto work = meter.next())
      REQUIRE(meter.take(run_points(*work)));
    return meter.coverage(0);
  }
};

strategy_ranking ranked(const embedded_text& text, semantic_request request) {
  request.source = &text.source;
  request.vectors = &text.intake.all();
  semantic_plan plan{request};
  while (const auto work = plan.next())
    REQUIRE(plan.take(run_points(*work)));
  return plan.ranking();
}

} // namespace

TEST_CASE("picks by meaning cover more than random ones and than the beginning, at every ratio") {
  for (uint64_t seed = 1; seed <= 5; ++seed)
    for (const uint64_t ratio : {4, 8, 16, 32}) {
      CAPTURE(seed);
      CAPTURE(ratio);
      const embedded_text text{random_prose(seed, 300)};
      const auto budget = text.tokens() / ratio;
      const auto ours = text.coverage_of(ranked(text, {.budget = budget}).order, budget);
      std::vector<uint32_t> order(text.source.units.size());
      std::iota(order.begin(), order.end(), 0U);
      CHECK(ours > text.coverage_of(order, budget) + 0.03);
      random_source random{seed};
      for (int i = 0; i < 3; ++i) {
        for (size_t left = order.size(); left > 1; --left)
          std::swap(order[left - 1], order[random.below(static_cast<uint32_t>(left))]);
        CHECK(ours > text.coverage_of(order, budget) + 0.03);
      }
    }
}

TEST_CASE("a ranking has every unit that is not required, each once") {
  const embedded_text text{random_prose(6, 120), "what of it?"};
  std::vector<uint8_t> required(text.source.units.size());
  required[3] = required[50] = 1;
  const auto order = ranked(text, {.required = required, .budget = text.tokens() / 5, .query = "what of it?"}).order;
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  CHECK(std::unique(sorted.begin(), sorted.end()) == sorted.end());
  CHECK(order.size() == required.size() - 2);
  CHECK(std::find(order.begin(), order.end(), 3U) == order.end());
}

TEST_CASE("facts survive among sentences of other things") {
  uint32_t kept = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    auto prose = random_prose(seed, 200);
    const auto fact = "The access number of gate nine is " + std::to_string(40'000 + seed) + ". ";
    prose.insert(prose.find(". ", prose.size() / 2) + 2, fact);
    const auto out = compress_text(prose, at_ratio(4, compress_strategy::semantic));
    REQUIRE(out);
    kept += out->extract.find(std::to_string(40'000 + seed)) != std::string::npos ? 1 : 0;
  }
  CHECK(kept >= 9);
}

TEST_CASE("what is near the query comes first, and about half of the budget is for it") {
  auto prose = random_prose(7, 200);
  prose.insert(prose.find(". ", prose.size() / 2) + 2, "The harbour master sails on Friday. ");
  const std::string_view query = "When does the harbour master sail?";
  const embedded_text text{prose, query};
  const auto budget = text.tokens() / 8;
  const auto order = ranked(text, {.budget = budget, .query = query}).order;
  REQUIRE_FALSE(order.empty());
  CHECK(text.source.of(order[0]) == "The harbour master sails on Friday.");
  // The rest still covers the text.
  CHECK(text.coverage_of(order, budget) > 0.8 * text.coverage_of(ranked(text, {.budget = budget}).order, budget));
}

TEST_CASE("no budget, one unit and no unit are rankings, too") {
  const embedded_text one{"There is one sentence here."};
  CHECK(ranked(one, {.budget = 0}).order == std::vector<uint32_t>{0});
  const embedded_text none{"   "};
  CHECK(ranked(none, {.budget = 10}).order.empty());
}
