// What execution_core makes of failures: tries elsewhere, passing errors, tries for other nodes.
#include "runtime/base/random_source.hpp"
#include "tests/runtime/jobs/execution_bench.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace weft;
using namespace std::chrono_literals;

TEST_CASE("an item that an engine fails on is tried on two other nodes, fewer where there are fewer") {
  struct row {
    std::vector<node_id> others;
    size_t asked;
    const char* tail;
  };
  for (const auto& [others, asked, tail] : std::vector<row>{
           {{}, 0, "(tried on 1 node)"},
           {{node_id{2}}, 1, "(tried on 2 nodes)"},
           {{node_id{2}, node_id{3}}, 2, "(tried on 3 nodes)"},
           {{node_id{2}, node_id{3}, node_id{4}, node_id{5}}, 2, "(tried on 3 nodes)"},
       }) {
    CAPTURE(others.size());
    execution_bench it;
    it.core.set_members(others);
    it.set_texts(1, 0, texts(64, "poison", 5));
    it.offer(1, 0);
    it.work_off([](node_id, const std::string& text) { return text == "poison" ? errc::engine_failed : errc::none; });
    REQUIRE(it.finished.size() == 1);
    const auto& items = it.finished[0].results.items;
    CHECK(std::ranges::count_if(items, [](const auto& item) { return item.failed(); }) == 1);
    CHECK(items[5].code == errc::engine_failed);
    CHECK(items[5].message.ends_with(tail));
    CHECK(it.asked.size() == asked);
    CHECK(std::set<node_id>(it.asked.begin(), it.asked.end()).size() == asked);
  }
}

TEST_CASE("an item that fails here only has its result from another node") {
  execution_bench it;
  it.core.set_members({node_id{2}, node_id{3}});
  it.set_texts(1, 0, texts(10, "heavy", 9));
  it.offer(1, 0);
  it.work_off([](node_id node, const std::string& text) {
    return node == here && text == "heavy" ? errc::engine_failed : errc::none;
  });
  REQUIRE(it.finished.size() == 1);
  CHECK(!it.finished[0].results.items[9].failed());
  CHECK(it.asked.size() == 1);
}

TEST_CASE("what passes is tried again, later each time, and fails nothing") {
  execution_bench it{{.retry_min = 100ms, .retry_max = 400ms}};
  it.offer(1, 0);
  int refusals = 6;
  it.work_off([&](node_id, const std::string&) { return refusals-- > 0 ? errc::overloaded : errc::none; });
  REQUIRE(it.finished.size() == 1);
  CHECK(!it.finished[0].results.items[0].failed());
  CHECK(it.now - start_of_test == 100ms + 200ms + 400ms * 4);
}

TEST_CASE("a job whose model is not loaded does not hold up the others") {
  execution_bench it{{.runs_max = 1, .read_ahead = 0}};
  for (uint32_t index = 0; index < 3; ++index)
    it.offer(1, index);
  it.offer(2, 0);
  it.offer(2, 1);
  bool loaded = false;
  const auto work = [&](node_id, const std::string& text) {
    return text.starts_with("1.") && !loaded ? errc::model_loading : errc::none;
  };
  it.steps_left = 0;
  it.work_off(work);
  CHECK(names_of(it.finished) == std::vector<std::string>{"2.0", "2.1"});
  loaded = true;
  it.steps_left = 10;
  it.work_off(work);
  CHECK(it.finished.size() == 5);
}

TEST_CASE("a model that this node does not have is computed by another one; one that nobody has waits") {
  for (const bool anybody : {true, false}) {
    CAPTURE(anybody);
    execution_bench it;
    it.steps_left = 50;
    it.core.set_members({node_id{2}, node_id{3}});
    it.set_texts(1, 0, texts(10));
    it.offer(1, 0);
    it.work_off([&](node_id node, const std::string&) {
      return node == node_id{3} && anybody ? errc::none : errc::unknown_model;
    });
    REQUIRE(it.finished.size() == (anybody ? 1 : 0));
    if (anybody)
      CHECK(std::ranges::none_of(it.finished[0].results.items, [](const auto& item) { return item.failed(); }));
  }
}

TEST_CASE("a node that cannot be reached for a try is asked again, then others count") {
  execution_bench it;
  it.core.set_members({node_id{2}, node_id{3}});
  it.offer(1, 0);
  it.act();
  it.end_run(it.runs.at(0), [](node_id, const std::string&) { return errc::engine_failed; });
  it.runs.clear();
  std::map<node_id, int> asked;
  for (int i = 0; i < 1'000 && it.finished.empty(); ++i) {
    it.act();
    if (it.tries.empty()) {
      it.now = std::max(it.now, it.core.next_wake().value_or(it.now));
      continue;
    }
    const auto ask = it.tries.back();
    it.tries.clear();
    ++asked[ask.node];
    if (ask.node == node_id{2})
      it.core.tried(ask.ticket, failure{errc::unavailable, "silence"}, it.now);
    else
      it.end_try(ask, [](node_id, const std::string&) { return errc::engine_failed; });
  }
  REQUIRE(it.finished.size() == 1);
  CHECK(asked[node_id{2}] == execution_options{}.passes_max);
  CHECK(asked[node_id{3}] == 1);
  CHECK(it.finished[0].results.items[0].message.ends_with("(tried on 2 nodes)"));
}

TEST_CASE("a try on a node that goes is not waited for") {
  execution_bench it;
  it.core.set_members({node_id{2}});
  it.offer(1, 0);
  it.act();
  it.end_run(it.runs.at(0), [](node_id, const std::string&) { return errc::internal; });
  it.runs.clear();
  it.act();
  REQUIRE(it.tries.size() == 1);
  it.core.set_members({});
  it.act();
  it.now = it.core.next_wake().value();
  it.act();
  REQUIRE(it.finished.size() == 1);
  CHECK(it.finished[0].results.items[0].code == errc::internal);
}

TEST_CASE("texts that cannot be read are asked for again, later each time, and hold up nobody") {
  execution_bench it{{.runs_max = 1, .read_ahead = 0, .retry_min = 100ms, .retry_max = 200ms}};
  it.is_unreadable = true;
  it.offer(1, 0);
  it.act();
  CHECK(it.core.knows({{1, 1}, 0}));
  CHECK(it.core.next_wake() == start_of_test + 100ms);
  it.is_unreadable = false;
  it.offer(1, 1);
  it.steps_left = 0;
  it.work_off(always_works);
  CHECK(names_of(it.finished) == std::vector<std::string>{"1.1"});
  it.steps_left = 1;
  it.work_off(always_works);
  CHECK(it.finished.size() == 2);
}

TEST_CASE("a run that takes too long is cancelled and done again") {
  execution_bench it{{.run_within = 10s}};
  it.offer(1, 0);
  it.act();
  const auto lost = it.runs.at(0);
  it.runs.clear();
  it.now += 10s;
  it.act();
  CHECK(it.stopped.contains(lost.run));
  it.work_off(always_works);
  CHECK(it.finished.size() == 1);
}

TEST_CASE("segments that wait for other nodes make room for others, up to a bound") {
  execution_bench it{{.runs_max = 1, .read_ahead = 0, .elsewhere_max = 3}};
  it.core.set_members({node_id{2}});
  for (uint32_t index = 0; index < 10; ++index)
    it.offer(1, index);
  for (int i = 0; i < 10; ++i) {
    it.act();
    if (it.runs.empty())
      break;
    it.end_run(it.runs.front(), [](node_id, const std::string&) { return errc::engine_failed; });
    it.runs.erase(it.runs.begin());
  }
  CHECK(it.tries.size() == 3);
  CHECK(it.core.waiting() == 7);
}

TEST_CASE("tries for another node go first, are bounded, and come back with what came of each text") {
  execution_bench it{{.runs_max = 1, .read_ahead = 0, .foreign_max = 2}};
  it.offer(1, 0);
  it.offer(1, 1);
  it.act();
  segment_texts work;
  work.texts = texts(4, "poison", 2);
  it.core.try_here(70, work, it.now);
  it.core.try_here(71, {{}, {"fine"}}, it.now);
  it.core.try_here(72, {{}, {"more"}}, it.now);
  it.core.try_here(73, {}, it.now);
  it.act();
  REQUIRE(it.answers.size() == 2);
  CHECK(it.answers[0].exchange == 72);
  CHECK(it.answers[0].outcome.error().code == errc::overloaded);
  CHECK(it.answers[1].outcome.error().code == errc::invalid_argument);
  it.answers.clear();
  it.work_off([](node_id, const std::string& text) { return text == "poison" ? errc::engine_failed : errc::none; });
  CHECK(it.asked.empty());
  REQUIRE(it.answers.size() == 2);
  CHECK(it.answers[0].exchange == 70);
  const auto& items = it.answers[0].outcome->results.items;
  REQUIRE(items.size() == 4);
  for (size_t i = 0; i < 4; ++i)
    CHECK(items[i].failed() == (i == 2));
  CHECK(names_of(it.finished) == std::vector<std::string>{"1.0", "1.1"});
}

TEST_CASE("a try that meets a passing failure says so to the asker") {
  for (const auto code : {errc::overloaded, errc::unknown_model}) {
    execution_bench it;
    it.core.try_here(7, {{}, {"a"}}, it.now);
    it.work_off([code](node_id, const std::string&) { return code; });
    REQUIRE(it.answers.size() == 1);
    CHECK(it.answers[0].outcome.error().code == code);
  }
}

TEST_CASE("a node that drains starts nothing more, and what runs ends") {
  execution_bench it{{.runs_max = 1}};
  it.offer(1, 0);
  it.offer(1, 1);
  it.act();
  it.core.drain();
  it.work_off(always_works);
  CHECK(names_of(it.finished) == std::vector<std::string>{"1.0"});
  it.core.try_here(7, {{}, {"a"}}, it.now);
  it.act();
  CHECK(it.answers.at(0).outcome.error().code == errc::draining);
}

TEST_CASE("whatever fails in whatever order, every segment ends once, and only poison fails") {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    execution_bench it{
        {.runs_max = 1 + random.below(4), .read_ahead = random.below(3), .elsewhere_max = 1 + random.below(4)}};
    it.steps_left = 100'000;
    std::vector<node_id> others;
    for (uint32_t i = random.below(4); i > 0; --i)
      others.push_back(node_id{i + 1});
    it.core.set_members(others);
    const auto segments = 1 + random.below(12);
    for (uint32_t index = 0; index < segments; ++index) {
      auto made = texts(1 + random.below(20));
      for (auto& text : made)
        text = random.chance(0.05) ? "poison" : random.chance(0.05) ? "bad" : text;
      it.set_texts(1 + index % 3, index, made);
      it.offer(1 + index % 3, index, static_cast<priority>(random.below(3)));
    }
    it.work_off([&](node_id, const std::string& text) {
      if (random.chance(0.02))
        return errc::overloaded;
      return text == "poison" ? errc::engine_failed : text == "bad" ? errc::invalid_utf8 : errc::none;
    });
    REQUIRE(it.finished.size() == segments);
    for (const auto& end : it.finished) {
      const auto& made = it.texts_of.at(end.segment)->texts;
      REQUIRE(end.results.items.size() == made.size());
      for (size_t i = 0; i < made.size(); ++i) {
        const auto& item = end.results.items[i];
        CHECK(item.failed() == (made[i] == "poison" || made[i] == "bad"));
        if (!item.failed())
          CHECK(item.value.values == std::vector<float>{static_cast<float>(made[i].size())});
      }
    }
    CHECK(it.core.running() == 0);
    CHECK(it.core.waiting() == 0);
  }
}
