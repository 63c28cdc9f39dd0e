#include "runtime/compress/strategies/templates.hpp"
#include "tests/runtime/compress/strategies/strategy_world.hpp"

#include <doctest/doctest.h>

#include <numeric>

using namespace weft;
using namespace weft::testing;

namespace {

std::string ordinary_line(dice& roll) {
  switch (roll.below(4)) {
  case 0:
    return "INFO served /api/items/" + std::to_string(roll.below(1'000)) +
           " status=200 ms=" + std::to_string(roll.below(90));
  case 1:
    return "INFO cache hit age=" + std::to_string(roll.below(500));
  case 2:
    return "DEBUG pool has " + std::to_string(roll.below(64)) + " of 64 in use";
  default:
    return "INFO connection from 10.0." + std::to_string(roll.below(256)) + "." + std::to_string(roll.below(256));
  }
}

std::string exception_line(dice& roll) {
  switch (roll.below(5)) {
  case 0:
    return "ERROR disk sd" + std::string(1, static_cast<char>('a' + roll.below(26))) + " failed";
  case 1:
    return "WARN queue is long: " + std::to_string(roll.below(1'000));
  case 2:
    return "INFO served /api/x HTTP/1.1\" 503 " + std::to_string(roll.below(100));
  case 3:
    return "worker ended with exit code " + std::to_string(1 + roll.below(100));
  default:
    return "java.lang.IllegalStateException: " + random_word(roll);
  }
}

/// A log in which every n-th line on average is an exception; says which.
std::vector<uint32_t> random_log(dice& roll, document_builder& to, uint32_t lines, uint32_t n) {
  std::vector<uint32_t> exceptions;
  for (uint32_t i = 0; i < lines; ++i) {
    const bool bad = roll.below(n) == 0;
    to.line("2026-11-22T05:00:" + std::to_string(10 + i % 50) + "Z " +
            (bad ? exception_line(roll) : ordinary_line(roll)));
    if (bad)
      exceptions.push_back(i);
  }
  return exceptions;
}

} // namespace

TEST_CASE("all exception lines of a log are kept when they fit, and something of every template") {
  for (const uint64_t seed : {1u, 2u, 3u, 4u, 5u}) {
    for (const double ratio : {4.0, 8.0, 16.0}) {
      CAPTURE(seed);
      CAPTURE(ratio);
      dice roll{seed};
      document_builder builder;
      const auto exceptions = random_log(roll, builder, 5'000, 100);
      auto& source = builder.made();
      const auto got = fill_by([](const strategy_input& in) { return rank_by_templates(in); }, source, ratio);
      for (const uint32_t line : exceptions)
        CHECK(std::binary_search(got.output.kept.begin(), got.output.kept.end(), line));
      CHECK(got.output.tokens <= got.budget);
      const auto totals = totals_of(find_templates(source), got.output.kept);
      CHECK(totals.templates_kept == totals.templates);
      CHECK(totals.exceptions_kept == totals.exceptions);
      CHECK(totals.exceptions >= exceptions.size());
    }
  }
}

TEST_CASE("a line whose form is rare is an exception, unless most forms are") {
  dice roll{9};
  document_builder log;
  for (int i = 0; i < 3'000; ++i)
    log.line(i == 1'234 ? "the cat walked over the keyboard" : ordinary_line(roll));
  const auto facts = find_templates(log.made());
  CHECK(facts.exceptions[1'234] == 1);
  CHECK(std::accumulate(facts.exceptions.begin(), facts.exceptions.end(), 0) == 1);
  CHECK(facts.templates == 5);
  CHECK(std::accumulate(facts.counts.begin(), facts.counts.end(), 0u) == 3'000);
  document_builder prose;
  const zipf_words words{roll};
  for (int i = 0; i < 300; ++i)
    prose.line(words.sentence(roll));
  const auto none = find_templates(prose.made());
  CHECK(std::accumulate(none.exceptions.begin(), none.exceptions.end(), 0) == 0);
}

TEST_CASE("lines that look like errors go before lines whose form is only rare") {
  dice roll{13};
  document_builder builder;
  std::vector<uint32_t> errors;
  for (uint32_t i = 0; i < 2'000; ++i) {
    if (i % 400 == 7) {
      errors.push_back(i);
      builder.line("E: package " + random_word(roll) + " failed with exit code " + std::to_string(i));
    } else if (i % 20 == 3) {
      builder.line("the " + random_word(roll) + " has " + random_word(roll) + " of " + random_word(roll));
    } else {
      builder.line(ordinary_line(roll));
    }
  }
  auto& source = builder.made();
  const auto facts = find_templates(source);
  REQUIRE(std::accumulate(facts.exceptions.begin(), facts.exceptions.end(), 0) > 50);
  const auto got = fill_by([](const strategy_input& in) { return rank_by_templates(in); }, source, 32);
  for (const uint32_t line : errors) {
    CHECK(facts.errors[line] == 1);
    CHECK(std::binary_search(got.output.kept.begin(), got.output.kept.end(), line));
  }
}

TEST_CASE("exceptions that cannot all be kept leave room for one line of every template") {
  dice roll{10};
  document_builder builder;
  for (int i = 0; i < 4'000; ++i)
    builder.line(i % 2 == 0 ? "ERROR disk failed at " + std::to_string(i) : ordinary_line(roll));
  auto& source = builder.made();
  const auto got = fill_by([](const strategy_input& in) { return rank_by_templates(in); }, source, 16);
  const auto totals = totals_of(find_templates(source), got.output.kept);
  CHECK(totals.templates_kept == totals.templates);
  CHECK(totals.exceptions == 2'000);
  CHECK(totals.exceptions_kept > 100);
}

TEST_CASE(
    "the first kept line of a template stands for all that were left out, the others and every exception for one") {
  dice roll{14};
  document_builder builder;
  random_log(roll, builder, 5'000, 100);
  auto& source = builder.made();
  const auto facts = find_templates(source);
  const auto got = fill_by([](const strategy_input& in) { return rank_by_templates(in); }, source, 8);
  const auto& kept = got.output.kept;
  const auto counts = count_stands_for(source, facts, kept);
  REQUIRE(counts.size() == kept.size());
  // Something of every template and all exceptions are kept, so every line is stood for once.
  CHECK(std::accumulate(counts.begin(), counts.end(), 0u) == 5'000);
  std::vector<uint8_t> seen(facts.templates);
  for (size_t i = 0; i < kept.size(); ++i) {
    CAPTURE(i);
    const uint32_t form = facts.template_of[kept[i]];
    if (facts.exceptions[kept[i]] != 0 || seen[form] != 0)
      CHECK(counts[i] == 1);
    else
      CHECK(counts[i] > 500);
    seen[form] |= facts.exceptions[kept[i]] == 0 ? 1 : 0;
  }
}

TEST_CASE("exceptions that were left out are stood for by an exception of their template, never by an ordinary line") {
  for (const uint64_t seed : {1u, 2u, 3u}) {
    CAPTURE(seed);
    dice roll{seed};
    document_builder builder;
    for (int i = 0; i < 2'000; ++i)
      builder.line(i % 2 == 0 ? "ERROR disk failed at " + std::to_string(i) : ordinary_line(roll));
    auto& source = builder.made();
    const auto facts = find_templates(source);
    std::vector<uint32_t> kept;
    for (uint32_t i = 0; i < 2'000; ++i)
      if (roll.below(50) == 0)
        kept.push_back(i);
    const auto counts = count_stands_for(source, facts, kept);
    std::vector<uint32_t> lines(2 * facts.templates), stood(2 * facts.templates);
    const auto group = [&](uint32_t unit) { return 2 * facts.template_of[unit] + facts.exceptions[unit]; };
    for (uint32_t i = 0; i < 2'000; ++i)
      ++lines[group(i)];
    for (size_t i = 0; i < kept.size(); ++i)
      stood[group(kept[i])] += counts[i];
    for (size_t i = 0; i < stood.size(); ++i)
      CHECK((stood[i] == 0 || stood[i] == lines[i]));
    CHECK(std::accumulate(stood.begin(), stood.end(), 0u) > 1'000);
  }
}

TEST_CASE("headings and header rows stand for themselves, whatever has their form; nothing kept has no counts") {
  document_builder builder;
  builder.heading("part 1");
  builder.add("name 1", unit_kind::table_row, "\n", true, 0, true);
  for (int i = 0; i < 40; ++i)
    builder.line("name " + std::to_string(i), unit_kind::table_row);
  auto& source = builder.made();
  const auto facts = find_templates(source);
  REQUIRE(facts.template_of[1] == facts.template_of[2]);
  CHECK(count_stands_for(source, facts, std::vector<uint32_t>{0, 1, 5, 9}) == std::vector<uint32_t>{1, 1, 39, 1});
  CHECK(count_stands_for(source, facts, std::vector<uint32_t>{0, 1}) == std::vector<uint32_t>{1, 1});
  CHECK(count_stands_for(source, facts, {}).empty());
}

TEST_CASE("words that differ between lines of one form become values: few templates, in linear time") {
  dice roll{11};
  document_builder builder;
  for (int i = 0; i < 2'000; ++i)
    builder.line("session of customer " + random_word(roll) + " was closed by the server");
  CHECK(find_templates(builder.made()).templates == 1);
}

TEST_CASE("a text of nothing but new forms has a bounded number of templates") {
  dice roll{12};
  document_builder builder;
  for (int i = 0; i < 20'000; ++i) {
    std::string line;
    for (uint32_t n = 3 + roll.below(20); n > 0; --n)
      line += random_word(roll) + random_word(roll) + " ";
    line.pop_back();
    builder.line(line);
  }
  const auto facts = find_templates(builder.made());
  CHECK(facts.templates <= 4'096);
  for (const uint32_t t : facts.template_of)
    REQUIRE(t < facts.templates);
}

TEST_CASE("every line is ranked once; a text without lines has no order") {
  dice roll{13};
  document_builder builder;
  random_log(roll, builder, 777, 20);
  auto order = fill_by([](const strategy_input& in) { return rank_by_templates(in); }, builder.made(), 4).ranking.order;
  std::sort(order.begin(), order.end());
  std::vector<uint32_t> want(777);
  std::iota(want.begin(), want.end(), 0u);
  CHECK(order == want);
  document empty;
  strategy_input input;
  input.source = &empty;
  CHECK(rank_by_templates(input).order.empty());
}
