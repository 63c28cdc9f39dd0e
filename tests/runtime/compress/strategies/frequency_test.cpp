#include "runtime/compress/select/scores.hpp"
#include "runtime/compress/strategies/frequency.hpp"
#include "tests/runtime/compress/strategies/strategy_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

using namespace weft;
using namespace weft::testing;

TEST_CASE("nine of ten planted facts survive at 4 times in prose") {
  for (const uint64_t seed : {11u, 12u, 13u, 14u}) {
    CAPTURE(seed);
    dice roll{seed};
    const auto facts = random_facts(roll, 40);
    document_builder builder;
    prose_with_facts(roll, builder, 1'500, facts);
    const auto got = fill_by(rank_by_frequency, builder.made(), 4);
    const auto found = std::count_if(facts.begin(), facts.end(), [&](const std::string& fact) {
      return got.output.extract.find(fact) != std::string::npos;
    });
    CHECK(found >= 36);
  }
}

TEST_CASE("the words of the query bring their sentences in") {
  dice roll{3};
  document_builder builder;
  const zipf_words words{roll};
  for (int i = 0; i < 400; ++i)
    builder.sentence(i == 217 ? "he said that marmalade is kept in the cellar." : words.sentence(roll));
  const auto without = fill_by(rank_by_frequency, builder.made(), 32);
  const auto with = fill_by(rank_by_frequency, builder.made(), 32, "Where is the marmalade?");
  CHECK(with.ranking.order.front() == 217);
  CHECK(without.ranking.order.front() != 217);
}

TEST_CASE("what was said already is said last") {
  document_builder builder;
  for (int i = 0; i < 6; ++i)
    builder.sentence("Marmalade is kept in the cellar below the kitchen.");
  builder.sentence("Lanterns hang beside the harbour gate at night.");
  builder.sentence("Nobody repairs bridges during those winter months.");
  auto& source = builder.made();
  const auto got = fill_by(rank_by_frequency, source, 2);
  const auto& order = got.ranking.order;
  REQUIRE(order.size() == 8);
  // The two that stand alone are among the first three.
  CHECK(std::find(order.begin(), order.begin() + 3, 6u) != order.begin() + 3);
  CHECK(std::find(order.begin(), order.begin() + 3, 7u) != order.begin() + 3);
}

TEST_CASE("words of the text's own subject outweigh the first sentences and words that stand everywhere") {
  dice roll{8};
  document_builder builder;
  prose_with_facts(roll, builder, 1'000, {});
  auto& source = builder.made();
  const auto got = fill_by(rank_by_frequency, source, 8);
  const auto first = fill_by([](const strategy_input&) { return strategy_ranking{}; }, source, 8);
  CHECK(term_coverage(source, got.output.kept) > 1.2 * term_coverage(source, first.output.kept));
}

TEST_CASE("every unit but headings is ranked once, whatever the text") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    dice roll{seed};
    document_builder builder;
    random_document(roll, builder, 5 + roll.below(200));
    auto& source = builder.made();
    auto order = fill_by(rank_by_frequency, source, 2 + roll.below(30)).ranking.order;
    std::sort(order.begin(), order.end());
    std::vector<uint32_t> want;
    for (uint32_t i = 0; i < source.units.size(); ++i)
      if (source.units[i].kind != unit_kind::heading)
        want.push_back(i);
    CHECK(order == want);
  }
}
