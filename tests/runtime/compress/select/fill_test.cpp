#include "runtime/compress/select/characters.hpp"
#include "runtime/compress/select/extract.hpp"
#include "runtime/compress/select/fill.hpp"
#include "tests/runtime/compress/select/documents.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

using namespace weft;
using weft::testing::dice;
using weft::testing::document_builder;
using weft::testing::random_document;

namespace {

/// Stands for WordPiece: words and marks, white space costs nothing.
uint64_t count_words(std::string_view text) {
  uint64_t tokens = 0;
  bool word = false;
  for (char c : text) {
    const byte_class k = class_of(c);
    const bool in_word = k == byte_class::lower || k == byte_class::upper || k == byte_class::digit;
    if ((in_word && !word) || (!in_word && k > byte_class::line_end && (c & 0xc0) != 0x80))
      ++tokens;
    word = in_word;
  }
  return tokens;
}

fill_request request_for(document& source, counter_kind kind, uint64_t budget) {
  fill_request out;
  out.source = &source;
  out.budget = budget;
  out.counter = kind;
  out.count = make_counter(kind, count_words);
  count_units(source, out.count);
  out.source_tokens = out.count(source.text);
  return out;
}

std::string_view metadata(const failure& why, std::string_view key) {
  for (const auto& [name, value] : why.metadata)
    if (name == key)
      return value;
  return "";
}

/// An omitted unit that would fit, were it added alone; headings and header rows apart.
std::string omitted_that_fits(const document& source, const fill_request& asked, const fill_output& got) {
  for (uint32_t i = 0; i < source.units.size(); ++i) {
    if (source.units[i].kind == unit_kind::heading || source.units[i].header ||
        std::binary_search(got.kept.begin(), got.kept.end(), i))
      continue;
    auto more = got.kept;
    more.insert(std::upper_bound(more.begin(), more.end(), i), i);
    if (asked.count(join_units(source, more)) <= asked.budget)
      return std::to_string(i);
  }
  return "none";
}

} // namespace

TEST_CASE("whatever the text, order, rules and counter: within the budget, full, verbatim, and the same again") {
  for (uint64_t seed = 1; seed <= 120; ++seed) {
    dice roll{seed};
    document_builder builder;
    random_document(roll, builder, 10 + roll.below(120));
    document& source = builder.made();
    std::vector<uint32_t> order(source.units.size());
    std::iota(order.begin(), order.end(), 0u);
    for (size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[roll.below(static_cast<uint32_t>(i))]);
    order.resize(roll.below(static_cast<uint32_t>(order.size()) + 1));
    std::vector<uint8_t> required(source.units.size());
    for (auto& r : required)
      r = roll.below(40) == 0;
    for (const auto kind : {counter_kind::bytes, counter_kind::llm_estimate, counter_kind::wordpiece}) {
      auto asked = request_for(source, kind, 0);
      asked.order = order;
      asked.required = required;
      asked.budget = asked.source_tokens / (2 + roll.below(20)) + 1;
      CAPTURE(seed);
      CAPTURE(to_string(kind));
      CAPTURE(asked.budget);
      const auto got = fill_budget(asked);
      if (!got) {
        CHECK(got.error().code == errc::budget_unreachable);
        const auto least = std::stoull(std::string(metadata(got.error(), "leastTokens")));
        CHECK(least > asked.budget);
        asked.budget = least;
        CHECK(fill_budget(asked));
        continue;
      }
      CHECK(got->tokens <= asked.budget);
      CHECK(asked.count(got->extract) == got->tokens);
      CHECK(got->extract == join_units(source, got->kept));
      CHECK(std::is_sorted(got->kept.begin(), got->kept.end()));
      CHECK(omitted_that_fits(source, asked, *got) == "none");
      for (uint32_t i = 0; i < required.size(); ++i)
        if (required[i] != 0)
          CHECK(std::binary_search(got->kept.begin(), got->kept.end(), i));
      const auto again = fill_budget(asked);
      CHECK(again->kept == got->kept);
    }
  }
}

TEST_CASE("a counter that is not additive, up or down, never leads above the budget") {
  for (const bool dearer : {true, false}) {
    for (uint64_t seed = 1; seed <= 30; ++seed) {
      dice roll{seed};
      document_builder builder;
      random_document(roll, builder, 60);
      auto asked = request_for(builder.made(), counter_kind::wordpiece, 0);
      asked.count = [dearer](std::string_view text) {
        return dearer ? text.size() + text.size() * text.size() / 4'000 : text.size() / 7;
      };
      count_units(builder.made(), asked.count);
      asked.budget = 300;
      CAPTURE(seed);
      const auto got = fill_budget(asked);
      REQUIRE(got);
      CHECK(got->tokens <= 300);
      CHECK_FALSE(got->kept.empty());
    }
  }
}

TEST_CASE("required units come first, the best of the order next, then what still fits") {
  document_builder builder;
  builder.sentence("aaaa aaaa.").sentence("bbbb.").sentence("cccc cccc cccc.").sentence("dd.").sentence("e.");
  auto asked = request_for(builder.made(), counter_kind::bytes, 21);
  const std::vector<uint32_t> order{2, 0, 1};
  const std::vector<uint8_t> required{0, 1, 0, 0, 0};
  asked.order = order;
  asked.required = required;
  const auto got = fill_budget(asked);
  REQUIRE(got);
  CHECK(got->extract == "bbbb. cccc cccc cccc."); // 5 + 1 + 15: full
  asked.budget = 20;
  CHECK(fill_budget(asked)->extract ==
        "aaaa aaaa. bbbb. dd."); // the third no longer fits, the first does, then the fourth
}

TEST_CASE("what cannot be reached is said, with the best that can") {
  document_builder builder;
  builder.sentence("One sentence of some length.").sentence("And another one that is longer.");
  auto asked = request_for(builder.made(), counter_kind::bytes, 20);
  auto got = fill_budget(asked);
  REQUIRE_FALSE(got);
  CHECK(got.error().code == errc::budget_unreachable);
  CHECK(metadata(got.error(), "leastTokens") == "28");
  CHECK(metadata(got.error(), "bestRatio") == "2.14"); // 60 / 28
  const std::vector<uint8_t> required{1, 1};
  asked.required = required;
  asked.budget = 59;
  got = fill_budget(asked);
  REQUIRE_FALSE(got);
  CHECK(metadata(got.error(), "leastTokens") == "60");
  CHECK(metadata(got.error(), "bestRatio") == "1.00");
  asked.budget = 60;
  CHECK(fill_budget(asked)->extract == asked.source->text);
}

TEST_CASE("a heading comes with a unit of its section, and never alone") {
  document_builder builder;
  builder.heading("First").sentence("Aaaa aaaa aaaa.").heading("Second").sentence("Bbbb.").sentence("Cccc cccc.");
  struct row {
    uint64_t budget;
    std::vector<uint32_t> order;
    std::string_view want;
  };
  for (const auto& [budget, order, want] : std::initializer_list<row>{
           {13, {3}, "Second\n\nBbbb."},
           {12, {3}, "Bbbb."},
           {12, {2, 3}, "Bbbb."}, // the heading itself is no wish
           {16, {1, 3}, "Aaaa aaaa aaaa."},
           {24, {4, 0}, "Second\n\nBbbb. Cccc cccc."},
       }) {
    auto asked = request_for(builder.made(), counter_kind::bytes, budget);
    asked.order = order;
    CAPTURE(budget);
    CHECK(fill_budget(asked)->extract == want);
  }
}

TEST_CASE("a heading over sections comes when something below it is kept, and headings alone are a text too") {
  document_builder nested;
  nested.heading("Top", 1).heading("Sub", 2).sentence("Aa.").heading("Other", 1).sentence("Bbbbbbbbbbbbbbbbbbbbbbbb.");
  auto asked = request_for(nested.made(), counter_kind::bytes, 14);
  CHECK(fill_budget(asked)->extract == "Top\n\nSub\n\nAa.");
  document_builder outline;
  outline.heading("Top", 1).heading("Sub", 2).heading("More", 2);
  asked = request_for(outline.made(), counter_kind::bytes, 9);
  CHECK(fill_budget(asked)->extract == "Top\n\nSub");
}

TEST_CASE("the header row of a table comes with its first row") {
  document_builder builder;
  builder.add("name,size", unit_kind::table_row, "", false, 0, true);
  builder.line("a,1", unit_kind::table_row).line("b,2", unit_kind::table_row).line("c,3", unit_kind::table_row);
  auto asked = request_for(builder.made(), counter_kind::bytes, 14);
  const std::vector<uint32_t> order{2};
  asked.order = order;
  CHECK(fill_budget(asked)->extract == "name,size\nb,2");
}

TEST_CASE("a budget beyond all numbers keeps everything") {
  document_builder builder;
  builder.heading("Top").sentence("Aa bb.").sentence("Cc.");
  auto asked = request_for(builder.made(), counter_kind::bytes, ~uint64_t{0});
  CHECK(fill_budget(asked)->extract == asked.source->text);
}

TEST_CASE("a text without units gives an empty extract") {
  document source;
  auto asked = request_for(source, counter_kind::bytes, 10);
  const auto got = fill_budget(asked);
  REQUIRE(got);
  CHECK(got->extract.empty());
}

TEST_CASE("two hundred thousand lines are filled in one go") {
  document_builder builder;
  dice roll{5};
  for (int i = 0; i < 200'000; ++i)
    builder.line(std::to_string(roll.below(1'000'000)));
  auto asked = request_for(builder.made(), counter_kind::bytes, 0);
  asked.budget = asked.source_tokens / 4;
  const auto got = fill_budget(asked);
  REQUIRE(got);
  CHECK(got->tokens == asked.budget);
}
