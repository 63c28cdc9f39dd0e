#include "runtime/compress/compress_run.hpp"
#include "runtime/compress/policy.hpp"
#include "tests/runtime/compress/run_support.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

using namespace weft;
using namespace weft::test;

namespace {

uint64_t tokens_of(std::string_view text, counter_kind counter) {
  return counter == counter_kind::bytes ? text.size() : fake_wordpiece(text);
}

/// Kept spans lie in the text in order, and the extract has their bytes in that order.
void check_verbatim(std::string_view text, const compress_output& out) {
  uint64_t after = 0;
  size_t at = 0;
  for (const auto& span : out.kept) {
    REQUIRE(span.begin >= after);
    REQUIRE(span.end > span.begin);
    REQUIRE(span.end <= text.size());
    after = span.end;
    at = out.extract.find(text.substr(span.begin, span.end - span.begin), at);
    REQUIRE(at != std::string::npos);
    at += span.end - span.begin;
  }
}

/// 300 lines of two forms: requests, and a few errors.
std::string short_log() {
  std::string log;
  for (int i = 0; i < 300; ++i) {
    log += "2026-01-01T00:" + std::to_string(10 + i / 60) + ":" + std::to_string(10 + i % 50) + "Z ";
    log += i % 97 == 50 ? "ERROR disk " + std::to_string(i) + " failed\n"
                        : "INFO request " + std::to_string(i * 7) + " served in " + std::to_string(i % 13) + " ms\n";
  }
  return log;
}

} // namespace

TEST_CASE("more lines than can have vectors are refused where they would need them, before anything is embedded") {
  std::string text;
  for (uint64_t i = 0; i <= vector_units_max; ++i)
    text += "x;\n";
  for (const auto strategy : {compress_strategy::semantic, compress_strategy::ensemble}) {
    needs_seen seen;
    const auto out = compress_text(text, at_ratio(8, strategy), &seen);
    REQUIRE(!out);
    CHECK(out.error().code == errc::invalid_argument);
    CHECK(out.error().metadata.at(1) == std::pair<std::string, std::string>{"limit", "1048576"});
    CHECK(seen.rounds == 0);
  }
  CHECK(compress_text(text, at_ratio(8, compress_strategy::frequency)));
}

TEST_CASE("every strategy keeps to the budget at every ratio, verbatim, and the report says what was done") {
  for (const auto strategy : named_strategies)
    for (const double ratio : {2.0, 4.0, 8.0, 16.0, 32.0})
      for (const auto counter : {counter_kind::wordpiece, counter_kind::bytes})
        for (uint64_t seed = 1; seed <= 3; ++seed) {
          const auto text = random_prose(seed, 150);
          CAPTURE(to_string(strategy));
          CAPTURE(ratio);
          CAPTURE(to_string(counter));
          CAPTURE(seed);
          const auto out = compress_text(text, at_ratio(ratio, strategy, counter));
          REQUIRE(out);
          const auto& report = out->report;
          CHECK(report.source_tokens == tokens_of(text, counter));
          CHECK(report.output_tokens == tokens_of(out->extract, counter));
          CHECK(report.output_tokens <= report.target_tokens);
          CHECK(report.ratio >= ratio);
          CHECK(report.ratio == static_cast<double>(report.source_tokens) / static_cast<double>(report.output_tokens));
          // Filled: what is left would hold no further sentence, and none of these has more than 60 tokens or 200
          // bytes.
          CHECK(report.output_tokens + (counter == counter_kind::bytes ? 200 : 60) > report.target_tokens);
          CHECK(report.strategy == strategy);
          CHECK(report.counter == counter);
          CHECK(report.units_kept == out->kept.size());
          CHECK(report.units_kept < report.units);
          CHECK(report.policy_version.empty());
          CHECK(report.term_coverage > 0);
          const bool meaning = strategy == compress_strategy::semantic || strategy == compress_strategy::ensemble;
          CHECK((report.coverage >= 0) == meaning);
          CHECK((report.fidelity >= 0) == meaning);
          CHECK(report.coverage <= 1);
          check_verbatim(text, *out);
        }
}

TEST_CASE("the same text and the same parameters give the same bytes") {
  for (const auto strategy : named_strategies) {
    CAPTURE(to_string(strategy));
    const auto text = random_prose(4, 120);
    auto wanted = at_ratio(6, strategy);
    wanted.mega_tokens = 5;
    wanted.query = "what about this?";
    const auto once = compress_text(text, wanted);
    const auto again = compress_text(text, wanted);
    REQUIRE(once);
    REQUIRE(again);
    CHECK(encode(*once) == encode(*again));
  }
}

TEST_CASE("auto goes by the table in its parameters and names it") {
  const auto text = random_prose(5, 60);
  auto policy = default_policy();
  policy.number = 3;
  policy.at(content_kind::prose, size_class::small) = compress_strategy::frequency;
  auto wanted = at_ratio(4, compress_strategy::automatic);
  const auto unresolved = compress_text(text, wanted);
  REQUIRE_FALSE(unresolved);
  CHECK(unresolved.error().code == errc::invalid_argument);
  wanted = resolve(wanted, policy);
  needs_seen seen;
  const auto out = compress_text(text, wanted, &seen);
  REQUIRE(out);
  CHECK(out->report.content == content_kind::prose);
  CHECK(out->report.strategy == compress_strategy::frequency);
  CHECK(out->report.policy_version == version_of(policy));
  CHECK(out->report.why_strategy.find(version_of(policy)) != std::string::npos);
  CHECK(seen.texts == 0);
  CHECK(out->extract == compress_text(text, at_ratio(4, compress_strategy::frequency))->extract);
}

TEST_CASE("a text with nothing in it is compressed to nothing") {
  for (const std::string_view text : {"", " ", "\n\n \t\n"})
    for (const auto strategy : named_strategies) {
      auto wanted = at_ratio(2, strategy);
      wanted.mega_tokens = 3;
      const auto out = compress_text(text, wanted);
      REQUIRE(out);
      CHECK(out->extract.empty());
      CHECK(out->kept.empty());
      CHECK(out->mega_tokens.empty());
      CHECK(out->report.ratio == 1);
      CHECK(out->report.units == 0);
    }
}

TEST_CASE("a target that the source meets keeps all of it, byte by byte") {
  const auto text = "  " + random_prose(6, 20) + "\n\n";
  for (const auto strategy : named_strategies) {
    compress_parameters wanted;
    wanted.tokens = fake_wordpiece(text);
    wanted.strategy = strategy;
    needs_seen seen;
    const auto out = compress_text(text, wanted, &seen);
    REQUIRE(out);
    CHECK(out->extract == text);
    CHECK(out->kept == std::vector<source_span>{{0, text.size()}});
    CHECK(out->report.ratio == 1);
    CHECK(out->report.units_kept == out->report.units);
    CHECK(out->report.coverage == 1);
    CHECK(out->report.why_strategy.find("nothing was left out") != std::string::npos);
    CHECK(seen.texts == 0);
    wanted.tokens = *wanted.tokens - 1;
    CHECK(compress_text(text, wanted)->report.units_kept < out->report.units);
  }
}

TEST_CASE("one sentence cannot be made shorter, and the error says what would do") {
  const std::string text = "There is only this one sentence in the whole of the text.";
  for (const auto strategy : named_strategies) {
    needs_seen seen;
    const auto out = compress_text(text, at_ratio(4, strategy), &seen);
    REQUIRE_FALSE(out);
    CHECK(out.error().code == errc::budget_unreachable);
    CHECK(seen.texts == 0);
    const auto& metadata = out.error().metadata;
    const auto least = std::find_if(metadata.begin(), metadata.end(), [](auto& e) { return e.first == "leastTokens"; });
    REQUIRE(least != metadata.end());
    CHECK(least->second == std::to_string(fake_wordpiece(text)));
    CHECK(std::any_of(metadata.begin(), metadata.end(), [](auto& e) { return e.first == "bestRatio"; }));
  }
}

TEST_CASE("what must be kept is kept by every strategy, or the error says what it takes") {
  auto text = random_prose(7, 100);
  for (const std::string_view fact : {"The code of the depot is 48213. ", "The second one is 77 metres high. "})
    text.insert(text.find(". ", text.size() / 3) + 2, fact);
  for (const auto strategy : named_strategies) {
    CAPTURE(to_string(strategy));
    auto wanted = at_ratio(8, strategy);
    wanted.patterns = {"depot", "7+ metres"};
    const auto out = compress_text(text, wanted);
    REQUIRE(out);
    CHECK(out->report.units_required == 2);
    CHECK(out->extract.find("48213") != std::string::npos);
    CHECK(out->extract.find("77 metres") != std::string::npos);
    wanted.patterns = {"[a-m]"};
    const auto too_much = compress_text(text, wanted);
    REQUIRE_FALSE(too_much);
    CHECK(too_much.error().code == errc::budget_unreachable);
    wanted.patterns = {"(unclosed"};
    const auto wrong = compress_text(text, wanted);
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code == errc::invalid_argument);
    CHECK(wrong.error().message.find("(unclosed") != std::string::npos);
  }
}

TEST_CASE("a query keeps the sentence that answers it") {
  auto text = random_prose(8, 200);
  text.insert(text.find(". ", text.size() / 2) + 2, "The northern bridge was built by engineer Marlow in spring. ");
  for (const auto strategy : {compress_strategy::semantic, compress_strategy::ensemble}) {
    auto wanted = at_ratio(32, strategy);
    wanted.query = "Who built the northern bridge?";
    needs_seen seen;
    const auto out = compress_text(text, wanted, &seen);
    REQUIRE(out);
    CHECK(out->extract.find("Marlow") != std::string::npos);
    CHECK(seen.texts == out->report.units + 1);
  }
}

TEST_CASE("mega-tokens stand for the whole text, and need vectors whatever the strategy") {
  const auto text = random_prose(9, 80);
  for (const auto strategy : named_strategies)
    for (const uint32_t count : {1U, 7U, 1'024U}) {
      auto wanted = at_ratio(4, strategy);
      wanted.mega_tokens = count;
      wanted.extract = false;
      const auto out = compress_text(text, wanted);
      REQUIRE(out);
      CHECK(out->extract.empty());
      CHECK_FALSE(out->kept.empty());
      CHECK(out->report.coverage >= 0);
      CHECK(out->mega_tokens.size() >= 1);
      CHECK(out->mega_tokens.size() <= std::min(count, out->report.units));
      double weights = 0;
      for (const auto& token : out->mega_tokens)
        weights += token.weight;
      CHECK(weights == doctest::Approx(1));
    }
  compress_parameters everything;
  everything.tokens = 1'000'000;
  everything.strategy = compress_strategy::frequency;
  everything.mega_tokens = 3;
  CHECK(compress_text(text, everything)->mega_tokens.size() == 3);
}

TEST_CASE("vectors are asked for in rounds, and long texts are compared in blocks") {
  const auto text = random_prose(10, 5'000);
  needs_seen seen;
  const auto out = compress_text(text, at_ratio(16, compress_strategy::semantic), &seen);
  REQUIRE(out);
  CHECK(seen.texts == out->report.units);
  CHECK(seen.rounds == (out->report.units + 2'047) / 2'048);
  CHECK(out->report.output_tokens <= out->report.target_tokens);
  // Each third of the text has about its share.
  for (uint64_t third = 0; third < 3; ++third) {
    const auto bytes = text.size();
    const auto kept = std::count_if(out->kept.begin(), out->kept.end(), [&](const source_span& span) {
      return span.begin >= bytes * third / 3 && span.begin < bytes * (third + 1) / 3;
    });
    CHECK(static_cast<double>(kept) > 0.25 * static_cast<double>(out->kept.size()));
  }
}

TEST_CASE("an answer that was not asked for, or of the wrong size, ends the run with an error and no more") {
  const auto text = random_prose(11, 30);
  const compress_run_options options{at_ratio(4, compress_strategy::semantic), fake_wordpiece};
  {
    compress_run run{text, options};
    REQUIRE(run.start());
    CHECK(run.resume(engine_output{similarity_output{}}).error().code == errc::internal);
  }
  for (const auto& wrong :
       {std::vector<std::vector<float>>{}, std::vector<std::vector<float>>{{1.0F}},
        std::vector<std::vector<float>>(30, std::vector<float>{}), std::vector<std::vector<float>>(31, {1.0F})}) {
    compress_run run{text, options};
    REQUIRE(run.start());
    CHECK(run.resume(wrong).error().code == errc::internal);
  }
  compress_run run{text, options};
  auto step = run.start();
  REQUIRE(step);
  step = run.resume(fake_embeddings(std::get<vectors_needed>(*step).texts));
  REQUIRE(step);
  CHECK(run.resume(engine_output{similarity_output{{1, 2, 3}}}).error().code == errc::internal);
  CHECK(run.resume(engine_output{kmeans_output{}}).error().code == errc::internal);
}

TEST_CASE("an ensemble measures several strategies on one text, and answers with what is best") {
  int best_by_one = 0;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    const auto text = random_prose(seed, 150);
    compress_run run{text, {at_ratio(8, compress_strategy::ensemble), fake_wordpiece}};
    CHECK(run.trials().empty());
    auto step = run.start();
    while (step && !std::holds_alternative<compress_output>(*step))
      step = std::holds_alternative<vectors_needed>(*step)
                 ? run.resume(fake_embeddings(std::get<vectors_needed>(*step).texts))
                 : run.resume(run_points(std::get<points_needed>(*step).work));
    REQUIRE(step);
    const auto trials = run.trials();
    std::vector<compress_strategy> tried;
    double most = 0;
    for (const auto& trial : trials) {
      tried.push_back(trial.strategy);
      most = std::max(most, trial.coverage);
      CHECK(trial.ratio >= 8);
    }
    CHECK(tried == std::vector{compress_strategy::semantic, compress_strategy::hierarchical,
                               compress_strategy::frequency, compress_strategy::ensemble});
    const auto& report = std::get<compress_output>(*step).report;
    CHECK(report.coverage >= 0.97 * most);
    CHECK(report.why_strategy.find("of 4 extracts") != std::string::npos);
    // It is rated by what it answers with, whoever's extract that is.
    CHECK(trials.back().coverage == report.coverage);
    CHECK(trials.back().term_coverage == report.term_coverage);
    CHECK(trials.back().ratio == report.ratio);
    best_by_one += report.why_strategy.find("the best is by all") == std::string::npos ? 1 : 0;
  }
  CHECK(best_by_one > 0);
}

TEST_CASE("templates come with counts: for how many lines each kept one stands; other strategies have none") {
  const auto log = short_log();
  for (const auto strategy : named_strategies) {
    CAPTURE(to_string(strategy));
    const auto out = compress_text(log, at_ratio(8, strategy));
    REQUIRE(out);
    CHECK(out->report.templates == 2);
    if (strategy != compress_strategy::templates && strategy != compress_strategy::ensemble)
      CHECK(out->stands_for.empty());
    if (strategy == compress_strategy::ensemble)
      CHECK((out->stands_for.empty() || out->stands_for.size() == out->kept.size()));
  }
  const auto out = compress_text(log, at_ratio(8, compress_strategy::templates));
  REQUIRE(out);
  REQUIRE(out->stands_for.size() == out->kept.size());
  CHECK(std::accumulate(out->stands_for.begin(), out->stands_for.end(), 0U) == out->report.units);
  CHECK(*std::max_element(out->stands_for.begin(), out->stands_for.end()) ==
        out->report.units - out->report.units_kept + 1);
  for (size_t i = 0; i < out->kept.size(); ++i)
    if (log.substr(out->kept[i].begin, out->kept[i].end - out->kept[i].begin).find("ERROR") != std::string::npos)
      CHECK(out->stands_for[i] == 1);
  auto places_only = at_ratio(8, compress_strategy::templates);
  places_only.extract = false;
  CHECK(compress_text(log, places_only)->stands_for == out->stands_for);
  auto all = at_ratio(8, compress_strategy::templates);
  all.ratio.reset();
  all.tokens = 1'000'000;
  CHECK(compress_text(log, all)->stands_for.empty()); // nothing was left out
}

TEST_CASE("an ensemble keeps the exceptions of a log") {
  const auto out = compress_text(short_log(), at_ratio(8, compress_strategy::ensemble));
  REQUIRE(out);
  CHECK(out->report.content == content_kind::log);
  CHECK(out->report.exceptions >= 3);
  CHECK(out->report.exceptions_kept == out->report.exceptions);
}

TEST_CASE("bad input is refused by its kind, and nothing hangs on it") {
  struct row {
    const char* what;
    std::string text;
    errc code;
  };
  const row rows[] = {
      {"binary",
       std::string{"\x7f"
                   "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0\x01\0\0\0",
                   24} +
           std::string(4'000, '\0'),
       errc::not_text},
      {"no UTF-8", random_prose(12, 10) + "caf\xE9 au lait. " + random_prose(13, 10), errc::invalid_utf8},
  };
  for (const auto& [what, text, code] : rows)
    for (const auto strategy : named_strategies) {
      CAPTURE(what);
      const auto out = compress_text(text, at_ratio(4, strategy));
      REQUIRE_FALSE(out);
      CHECK(out.error().code == code);
    }
  for (const double ratio : {1.0, 1'000.0})
    CHECK(compress_text(random_prose(12, 10), at_ratio(ratio, compress_strategy::frequency)).error().code ==
          errc::invalid_argument);
  auto both = at_ratio(4, compress_strategy::frequency);
  both.tokens = 100;
  CHECK(compress_text(random_prose(12, 10), both).error().code == errc::invalid_argument);
}

TEST_CASE("strange texts are compressed within the budget like any others") {
  std::string line;
  for (uint32_t i = 0; line.size() < 5'000'000; ++i)
    line += "word" + std::to_string(i % 977) + " ";
  const std::pair<const char*, std::string> rows[] = {
      {"one line of 5 MB", line},
      {"one word of 1 MB", std::string(1'000'000, 'x')},
      {"broken JSON", R"([{"a": 1, "b": "two"}, {"a": 2, "b": "three"}, {"a": 3, "b":)" + std::string(300, '{')},
      {"only punctuation", std::string(2'000, '.') + std::string(2'000, '!')},
      {"only line ends between words", "a\n\n\nb\n\n\nc\n\n\nd\n\n\ne\n\n\nf"},
  };
  for (const auto& [what, text] : rows)
    for (const auto strategy :
         {compress_strategy::hierarchical, compress_strategy::frequency, compress_strategy::templates}) {
      CAPTURE(what);
      CAPTURE(to_string(strategy));
      const auto out = compress_text(text, at_ratio(4, strategy, counter_kind::bytes));
      if (out) {
        CHECK(out->extract.size() <= text.size() / 4);
        check_verbatim(text, *out);
      } else {
        CHECK(out.error().code == errc::budget_unreachable);
      }
    }
}
