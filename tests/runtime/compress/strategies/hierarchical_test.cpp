#include "runtime/compress/strategies/hierarchical.hpp"
#include "tests/runtime/compress/strategies/strategy_world.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace weft;
using namespace weft::testing;

namespace {

void add_section(document_builder& to, dice& roll, const zipf_words& words, uint32_t sentences) {
  to.heading("Part");
  for (uint32_t i = 0; i < sentences; ++i)
    to.sentence(words.sentence(roll), i % 5 == 0);
}

} // namespace

TEST_CASE("every section has a unit where the budget allows it, with its heading") {
  dice roll{21};
  const zipf_words words{roll};
  document_builder builder;
  for (const uint32_t sentences : {3u, 200u, 5u, 40u, 1u, 90u})
    add_section(builder, roll, words, sentences);
  auto& source = builder.made();
  const auto got = fill_by(rank_by_hierarchy, source, 8);
  std::map<uint32_t, uint64_t> tokens;
  std::map<uint32_t, int> headings;
  for (const uint32_t unit : got.output.kept) {
    tokens[source.units[unit].section] += source.tokens[unit];
    headings[source.units[unit].section] += source.units[unit].kind == unit_kind::heading ? 1 : 0;
  }
  CHECK(tokens.size() == 6);
  for (const auto& [section, many] : headings)
    CHECK(many == 1);
  // Shares go by the root: the section of 200 sentences has more than that of 40, but far from five times as much.
  CHECK(tokens[1] > tokens[3]);
  CHECK(tokens[1] < 3 * tokens[3]);
}

TEST_CASE("where not all sections can have one, the larger have") {
  dice roll{22};
  const zipf_words words{roll};
  document_builder builder;
  for (int i = 0; i < 30; ++i)
    add_section(builder, roll, words, i % 10 == 4 ? 60 : 2);
  auto& source = builder.made();
  const auto order = fill_by(rank_by_hierarchy, source, 32).ranking.order;
  for (int i = 0; i < 3; ++i)
    CHECK(source.units[order[static_cast<size_t>(i)]].section % 10 == 4);
}

TEST_CASE("the first sentence of a paragraph stands for it unless another says much more") {
  document_builder builder;
  builder.heading("Part");
  for (int i = 0; i < 4; ++i) {
    builder.sentence("some plain words about gardens.", true).sentence("more plain words about houses.");
    builder.sentence(i == 2 ? "the key is QX-48213 for Helena Marquardt." : "other plain words about rivers.");
  }
  auto& source = builder.made();
  const auto order = fill_by(rank_by_hierarchy, source, 2).ranking.order;
  const std::vector<uint32_t> first{order.begin(), order.begin() + 4};
  CHECK(first[0] == 9); // the fact of the third paragraph
  for (const uint32_t unit : {1u, 4u, 10u})
    CHECK(std::find(first.begin(), first.end(), unit) != first.end());
}

TEST_CASE("every unit but headings is ranked once") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    dice roll{seed};
    document_builder builder;
    random_document(roll, builder, 5 + roll.below(200));
    auto& source = builder.made();
    auto order = fill_by(rank_by_hierarchy, source, 4).ranking.order;
    std::sort(order.begin(), order.end());
    std::vector<uint32_t> want;
    for (uint32_t i = 0; i < source.units.size(); ++i)
      if (source.units[i].kind != unit_kind::heading)
        want.push_back(i);
    CHECK(order == want);
  }
}
