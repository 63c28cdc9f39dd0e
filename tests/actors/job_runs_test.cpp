#include "actors/job_runs.hpp"
#include "runtime/corpus_job/corpus_terms.hpp"
#include "tests/support/recording_call.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

struct made {
  uint64_t run = 0;
  context with;
  embed_request request;
  test_call call;
};

struct world {
  std::vector<made> calls;
  job_runs runs{{.self = node_id{3}, .retry_after = 100ms, .retry_after_max = 1'000ms},
                [this](uint64_t run, context with, embed_request request) -> call_ptr {
                  auto it = make_call(request.texts);
                  calls.push_back({run, std::move(with), std::move(request), it});
                  return it.call;
                }};
  time_point now{};

  static run_texts work(uint64_t run, std::vector<uint32_t> items) {
    auto texts = std::make_shared<segment_texts>();
    texts->spec.tenant = "t";
    texts->spec.model = "m";
    texts->texts = {"a", "b", "c"};
    return {.run = run, .work = texts, .items = std::move(items)};
  }
};

} // namespace

TEST_CASE("a run is a call of the job's tenant with the lowest priority, of its items only") {
  world w;
  w.runs.start(world::work(5, {0, 2}));
  REQUIRE(w.calls.size() == 1);
  CHECK(w.calls[0].run == 5);
  CHECK(w.calls[0].with.tenant == "t");
  CHECK(w.calls[0].with.priority == priority::batch);
  CHECK(w.calls[0].request.texts == std::vector<std::string>{"a", "c"});
  embed_result reply{.model = "m", .model_version = "v"};
  reply.items.resize(2);
  reply.items[1].tokens = 9;
  const auto end = w.runs.ended(5, std::move(reply), w.now);
  REQUIRE(end);
  REQUIRE(*end);
  CHECK((*end)->computed_by == node_id{3});
  CHECK((*end)->items[1].value.tokens == 9);
  CHECK_FALSE(w.runs.next_wake());
}

TEST_CASE("a run of a corpus job names the class that its vectors have to have, others name none") {
  world w;
  auto bound = world::work(1, {0});
  w.runs.start(bound);
  auto texts = *bound.work;
  texts.spec.corpus = encode(corpus_terms{{}, numeric_class::int16});
  bound.work = std::make_shared<const segment_texts>(std::move(texts));
  bound.run = 2;
  w.runs.start(bound);
  REQUIRE(w.calls.size() == 2);
  CHECK_FALSE(w.calls[0].request.precision);
  CHECK(w.calls[1].request.precision == numeric_class::int16);
}

TEST_CASE(
    "a run that is bound to a class is tried some times, then told: it may wait for another node, other jobs not") {
  world w;
  auto bound = world::work(1, {0});
  auto texts = *bound.work;
  texts.spec.corpus = encode(corpus_terms{{}, numeric_class::int16});
  bound.work = std::make_shared<const segment_texts>(std::move(texts));
  w.runs.start(bound);
  std::optional<run_outcome> end;
  while (!end && w.calls.size() < 100) {
    end = w.runs.ended(1, failure{errc::unavailable, "the way to it is broken"}, w.now);
    w.now += 10s;
    w.runs.tick(w.now);
  }
  REQUIRE(end);
  CHECK(end->error().code == errc::unavailable);
  CHECK(w.calls.size() == 4);
  CHECK_FALSE(w.runs.next_wake());
}

TEST_CASE("what passes is tried again, later each time; anything else is told") {
  for (auto [code, again] : {std::pair{errc::overloaded, true},
                             {errc::model_loading, true},
                             {errc::unavailable, true},
                             {errc::engine_failed, false},
                             {errc::invalid_utf8, false},
                             {errc::unknown_model, false}}) {
    CAPTURE(to_string(code));
    world w;
    w.runs.start(world::work(1, {0}));
    auto end = w.runs.ended(1, failure{code, "no"}, w.now);
    CHECK(end.has_value() == !again);
    CHECK(w.runs.next_wake().has_value() == again);
    if (!again)
      continue;
    auto pause = *w.runs.next_wake() - w.now;
    w.runs.tick(w.now);
    CHECK(w.calls.size() == 1);
    w.now += pause;
    w.runs.tick(w.now);
    CHECK(w.calls.size() == 2);
    CHECK_FALSE(w.runs.ended(1, failure{code, "no"}, w.now));
    CHECK(*w.runs.next_wake() - w.now > pause);
  }
}

TEST_CASE("a try for another node is not repeated: that node asks elsewhere") {
  world w;
  auto work = world::work(1, {0});
  work.is_try = true;
  w.runs.start(work);
  const auto end = w.runs.ended(1, failure{errc::overloaded, "no"}, w.now);
  REQUIRE(end);
  CHECK(end->error().code == errc::overloaded);
  CHECK_FALSE(w.runs.next_wake());
}

TEST_CASE("the pause follows the node's own advice, within limits") {
  for (auto [advised, pause] : {std::pair{1ms, 100ms}, {400ms, 400ms}, {60'000ms, 1'000ms}}) {
    world w;
    w.runs.start(world::work(1, {0}));
    w.runs.ended(1, failure{.code = errc::overloaded, .message = "", .retry_after = advised}, w.now);
    CHECK(*w.runs.next_wake() - w.now == pause);
  }
}

TEST_CASE("a cancelled run lets its call go and tells nothing") {
  world w;
  w.runs.start(world::work(1, {0}));
  w.runs.cancel(1);
  CHECK(w.calls[0].call.call->ended());
  CHECK_FALSE(w.runs.ended(1, failure{errc::cancelled, "gone"}, w.now));
  w.runs.cancel(1);
}
