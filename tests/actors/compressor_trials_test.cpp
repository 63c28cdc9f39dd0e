#include "actors/compressor_trials.hpp"
#include "tests/actors/compress_calls.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

constexpr uint64_t bytes = 100'000;

compress_report report_of(compress_strategy strategy, const compress_times& times) {
  compress_report out;
  out.content = content_kind::prose;
  out.strategy = strategy;
  out.units = 100;
  out.units_kept = 25;
  out.ratio = 4;
  out.coverage = out.term_coverage = 0.5;
  out.times = times;
  return out;
}

/// The best of all is far better than the others, on each text.
std::vector<strategy_trial> all_reached() {
  std::vector<strategy_trial> out;
  for (const auto each : {semantic, compress_strategy::hierarchical, frequency, compress_strategy::ensemble}) {
    const double covered = each == compress_strategy::ensemble ? 0.9 : 0.5;
    out.push_back({.strategy = each, .coverage = covered, .term_coverage = covered, .ratio = 4});
  }
  return out;
}

/// Why the table should name the ensemble for prose of this size, where semantic is now.
std::string reason_of(const compressor_trials& trials) {
  auto policy = default_policy();
  policy.at(content_kind::prose, size_of(bytes)) = semantic;
  const auto table = trials.describe(policy);
  REQUIRE(table.changes.size() == 1);
  CHECK(table.changes[0].to == "ensemble");
  return table.changes[0].reason;
}

} // namespace

TEST_CASE("a proposal for the ensemble names what it costs, by ensembles that clients asked for") {
  compressor_trials trials;
  const auto client = make_call({"a text"});
  for (uint64_t i = 0; i < paired_trials_min; ++i) {
    trials.record(*client.call, report_of(semantic, {.split = 10ms, .embed = 90ms}), bytes, {});
    const auto ensemble = report_of(compress_strategy::ensemble, {.split = 10ms, .embed = 90ms, .select = 100ms});
    trials.record(*client.call, ensemble, bytes, all_reached());
  }
  CHECK(reason_of(trials).find("; 2 s a MB instead of 1") != std::string::npos);
}

TEST_CASE("a trial counts for the cost with its vectors as they were computed before it, not as the cache had them") {
  struct row {
    std::chrono::milliseconds before, in_trial;
    const char* want;
  };
  for (const auto& [before, in_trial, want] : {
           row{90ms, 1ms, "; 2 s a MB instead of 1"},  // its sentences were in the cache
           row{0ms, 290ms, "; 4 s a MB instead of 1"}, // nobody had needed them
       }) {
    CAPTURE(want);
    compressor_trials trials{1};
    const auto client = make_call({"a text"});
    compress_parameters wanted;
    wanted.strategy = compress_strategy::automatic;
    for (uint64_t i = 0; i < paired_trials_min; ++i) {
      trials.record(*client.call, report_of(semantic, {.split = 10ms, .embed = 90ms}), bytes, {});
      const auto trial = trials.next_trial(*client.call, "a text", wanted, before, time_point::max());
      REQUIRE(trial);
      const auto ensemble = report_of(compress_strategy::ensemble, {.split = 10ms, .embed = in_trial, .select = 100ms});
      trials.record(*trial, ensemble, bytes, all_reached());
    }
    CHECK(reason_of(trials).find(want) != std::string::npos);
  }
}

TEST_CASE("a text that comes back whole teaches nothing about the cost") {
  compressor_trials trials;
  const auto client = make_call({"a text"});
  for (uint64_t i = 0; i < paired_trials_min; ++i) {
    auto whole = report_of(compress_strategy::ensemble, {.split = 10ms});
    whole.units_kept = whole.units;
    trials.record(*client.call, report_of(semantic, {.split = 10ms, .embed = 90ms}), bytes, {});
    trials.record(*client.call, whole, bytes, all_reached());
  }
  CHECK(reason_of(trials).find("s a MB") == std::string::npos);
}
