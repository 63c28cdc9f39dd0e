#include "tests/runtime/corpus_job/leader_bench.hpp"

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

TEST_CASE("what an engine cannot do fails the job after four tries without a step, with a reason that is kept") {
  leader_bench it;
  it.core.embedded(it.now);
  for (int i = 0; i < 1'000 && it.core.phase() != corpus_phase::failing; ++i) {
    const auto stage = it.core.phase() == corpus_phase::gathering ? corpus_stage::prepared
                       : it.core.phase() == corpus_phase::loading ? corpus_stage::loaded
                                                                  : corpus_stage::failed;
    it.all_say(stage, [](corpus_report& out) {
      if (out.stage == corpus_stage::failed)
        out.why = corpus_break{errc::engine_failed, "the device is gone"};
    });
    it.later(250ms);
  }
  REQUIRE(it.core.phase() == corpus_phase::failing);
  CHECK(it.core.epoch() == 4);
  it.orders();
  REQUIRE(it.last<keep_outcome>());
  const auto kept = *it.last<keep_outcome>();
  CHECK(kept.outcome.why == errc::engine_failed);
  CHECK(kept.outcome.message == "the device is gone");
  it.core.outcome_kept(kept.ticket, failure{errc::storage_full, "full"}, it.now);
  it.later(1h);
  it.orders();
  const auto* again = it.last<keep_outcome>();
  REQUIRE(again);
  CHECK(again->ticket != kept.ticket);
  it.core.outcome_kept(again->ticket, ok, it.now);
  it.orders();
  REQUIRE(it.last<corpus_over>());
  REQUIRE(it.last<corpus_over>()->why);
  CHECK(it.last<corpus_over>()->why->code == errc::engine_failed);
}

TEST_CASE("what lies in the request fails at once, what passes is tried again and again") {
  leader_bench wrong;
  wrong.bring_to_running();
  wrong.all_say(corpus_stage::failed, [](corpus_report& out) {
    out.why = corpus_break{errc::invalid_argument, "too many clusters"};
  });
  CHECK(wrong.core.phase() == corpus_phase::failing);
  CHECK(wrong.core.epoch() == 1);

  leader_bench passing;
  passing.core.embedded(passing.now);
  for (int i = 0; i < 2'000; ++i) {
    const auto phase = passing.core.phase();
    passing.all_say(phase == corpus_phase::gathering ? corpus_stage::prepared
                    : phase == corpus_phase::loading ? corpus_stage::loaded
                                                     : corpus_stage::failed,
                    [](corpus_report& out) {
                      if (out.stage == corpus_stage::failed)
                        out.why = corpus_break{errc::unavailable, "a link broke"};
                    });
    passing.later(1s);
  }
  CHECK(passing.core.phase() != corpus_phase::failing);
  CHECK(passing.core.epoch() > 20);
  CHECK(passing.core.epoch() < 500); // it pauses
}

TEST_CASE("ranks with other results than each other, and vectors of other versions, are never taken for an outcome") {
  leader_bench it;
  it.bring_to_running();
  uint64_t hash = 0;
  it.all_say(corpus_stage::finished, [&](corpus_report& out) { out.result_hash = ++hash; });
  CHECK(it.core.phase() == corpus_phase::gathering);
  REQUIRE(it.core.last_break());
  CHECK(it.core.last_break()->code == errc::internal);

  leader_bench mixed;
  mixed.core.embedded(mixed.now);
  mixed.all_say(corpus_stage::prepared);
  mixed.all_say(corpus_stage::loaded,
                [](corpus_report& out) { out.loaded->model_version = out.worker.node == node_id{2} ? "new" : "old"; });
  CHECK(mixed.core.phase() == corpus_phase::failing);
  CHECK(mixed.core.last_break()->code == errc::model_unusable);

  leader_bench classes;
  classes.core.embedded(classes.now);
  classes.all_say(corpus_stage::prepared);
  classes.all_say(corpus_stage::loaded, [](corpus_report& out) {
    out.loaded->precision = out.worker.node == node_id{2} ? numeric_class::fp16 : numeric_class::fp32;
  });
  CHECK(classes.core.phase() == corpus_phase::failing);
  CHECK(classes.core.last_break()->code == errc::model_unusable);
  CHECK(classes.core.last_break()->message.find("fp16") != std::string::npos);
}

TEST_CASE("results that are on no live node are waited for") {
  leader_bench it;
  auto whole = it.survey.segments;
  it.survey.segments.erase(it.survey.segments.begin() + 1);
  it.core.embedded(it.now);
  for (int i = 0; i < 200; ++i) {
    it.all_say(corpus_stage::prepared);
    it.later(500ms);
  }
  CHECK(it.core.phase() != corpus_phase::failing);
  REQUIRE(it.core.last_break());
  CHECK(it.core.last_break()->message.find("segment 1") != std::string::npos);
  it.survey.segments = whole;
  for (int i = 0; i < 200 && it.core.phase() != corpus_phase::loading; ++i) {
    it.all_say(corpus_stage::prepared);
    it.later(500ms);
  }
  CHECK(it.core.phase() == corpus_phase::loading);
}

TEST_CASE("a rank that falls silent, forgets, or makes no step ends the epoch") {
  leader_bench silent;
  silent.bring_to_running();
  for (int i = 0; i < 100 && silent.core.epoch() == 1; ++i) {
    for (const auto& [node, order] : silent.orders())
      if (node != 2)
        silent.core.reported(silent.report(order, node, corpus_stage::running), silent.now);
    silent.later(250ms);
  }
  CHECK(silent.core.epoch() == 2);
  CHECK(silent.now - time_point{1h} < corpus_job_options{}.silence_max + 1s);

  leader_bench forgetful;
  forgetful.bring_to_running();
  forgetful.all_say(corpus_stage::idle);
  CHECK(forgetful.core.epoch() == 2);

  leader_bench stalled;
  stalled.bring_to_running();
  for (int i = 0; i < 10'000 && stalled.core.epoch() == 1; ++i) {
    stalled.all_say(corpus_stage::running);
    stalled.later(250ms);
  }
  CHECK(stalled.core.epoch() == 2);
  CHECK(stalled.now - time_point{1h} >= corpus_job_options{}.stall_max);
}

TEST_CASE("an outcome that one rank cannot keep is kept by the next") {
  leader_bench it;
  it.bring_to_running();
  it.all_say(corpus_stage::finished);
  for (int i = 0; i < 40 && it.core.phase() == corpus_phase::keeping; ++i) {
    it.later(250ms);
    for (const auto& [node, order] : it.orders()) {
      auto out = it.report(order, node, corpus_stage::finished);
      if (order.keep)
        (node == 2 ? out.kept : out.keep_failed) = order.keep->generation;
      it.core.reported(out, it.now);
    }
  }
  it.orders();
  CHECK(it.core.phase() == corpus_phase::ending);
  REQUIRE(it.last<corpus_over>());
}

TEST_CASE("a job that is cancelled tells its members; one that is led elsewhere tells nobody") {
  leader_bench it;
  it.bring_to_running();
  it.orders();
  it.core.stop(it.now);
  const auto ends = it.orders();
  CHECK(ends.size() == 3);
  for (const auto& [node, order] : ends)
    CHECK(order.wish == corpus_wish::end);
  it.later(corpus_job_options{}.end_within); // nobody answers
  CHECK(it.core.phase() == corpus_phase::ended);
  CHECK(!it.last<corpus_over>());

  leader_bench other;
  other.bring_to_running();
  other.orders();
  other.core.resign();
  other.later(1h);
  CHECK(other.orders().empty());
  CHECK(!other.core.next_wake());
  leader_bench early;
  early.core.stop(early.now);
  CHECK(early.orders().empty());
  CHECK(early.core.phase() == corpus_phase::ended);
}

TEST_CASE("what comes late does not bring a job back that is over") {
  leader_bench it;
  it.survey.has_outcome = true;
  it.core.embedded(it.now);
  const auto asked = it.orders(); // on the way: it is over without their answers
  it.all_say(corpus_stage::idle);
  it.later(10s);
  REQUIRE(it.core.phase() == corpus_phase::ended);
  for (uint64_t number = 1; number < 20; ++number)
    for (const uint64_t node : {1U, 2U, 3U}) {
      corpus_report late{.job = job,
                         .number = number,
                         .worker = worker(node),
                         .epoch = 99,
                         .stage = corpus_stage::refused,
                         .progress = {}};
      it.core.reported(late, it.now);
    }
  it.later(1h);
  CHECK(it.core.phase() == corpus_phase::ended);
  CHECK(it.orders().empty());
}

TEST_CASE("waiting for results never ends a job, however long; breaks of epochs that ran do in the end") {
  leader_bench it(3, {.breaks_max = 20});
  const auto whole = it.survey.segments;
  it.survey.segments.erase(it.survey.segments.begin() + 1);
  it.core.embedded(it.now);
  for (int i = 0; i < 40'000 && it.core.phase() != corpus_phase::failing; ++i) {
    it.all_say(it.core.phase() == corpus_phase::pausing ? corpus_stage::idle : corpus_stage::prepared);
    it.later(2s);
  }
  CHECK(it.core.phase() != corpus_phase::failing); // 22 h later
  it.survey.segments = whole;
  for (int i = 0; i < 40'000 && it.core.phase() != corpus_phase::failing; ++i) {
    const auto phase = it.core.phase();
    it.all_say(phase == corpus_phase::gathering ? corpus_stage::prepared
               : phase == corpus_phase::loading ? corpus_stage::loaded
               : phase == corpus_phase::running ? corpus_stage::failed
                                                : corpus_stage::idle,
               [](corpus_report& out) {
                 if (out.stage == corpus_stage::failed)
                   out.why = corpus_break{errc::unavailable, "a link broke"};
               });
    it.later(2s);
  }
  CHECK(it.core.phase() == corpus_phase::failing);
  CHECK(it.core.last_break()->message == "a link broke");
}

TEST_CASE("where a node has no room all forget their vectors while the job waits, so that others find room") {
  leader_bench it;
  it.core.embedded(it.now);
  it.all_say(corpus_stage::prepared);
  const auto loads = it.orders();
  REQUIRE(loads.size() == 3);
  it.core.reported(it.report(loads.at(1), 1, corpus_stage::loaded), it.now);
  auto full = it.report(loads.at(2), 2, corpus_stage::failed);
  full.why = corpus_break{errc::overloaded, "there is no room"};
  it.core.reported(full, it.now);
  CHECK(it.core.phase() == corpus_phase::pausing);
  const auto ends = it.orders();
  REQUIRE(ends.size() == 3);
  for (const auto& [node, order] : ends) {
    CHECK(order.wish == corpus_wish::end);
    CHECK(order.epoch == 1);
    if (node != 3)
      it.core.reported(it.report(order, node, corpus_stage::idle), it.now);
  }
  it.later(100ms);
  CHECK(it.orders().empty());
  it.later(corpus_job_options{}.answer_within); // by then it gathers anew, with whoever has forgotten
  CHECK(it.core.phase() == corpus_phase::gathering);
  CHECK(it.core.epoch() == 2);
  it.all_say(corpus_stage::prepared);
  CHECK(it.core.phase() == corpus_phase::loading);
}

TEST_CASE("a step of a large corpus has longer, by its size") {
  leader_bench it(3, {}, {.clusters = 22'000}, 300'000);
  it.core.embedded(it.now);
  it.all_say(corpus_stage::prepared);
  it.all_say(corpus_stage::loaded, [](corpus_report& out) { out.loaded->dimensions = 384; });
  REQUIRE(it.core.phase() == corpus_phase::running);
  const auto began = it.now;
  while (it.core.epoch() == 1 && it.now < began + 24h) {
    it.all_say(corpus_stage::running);
    it.later(1s);
  }
  CHECK(it.now - began > 30min);
  CHECK(it.now - began < 6h);
}

TEST_CASE("a rank whose failed items have too many places ends the job with that reason") {
  leader_bench it;
  it.core.embedded(it.now);
  it.all_say(corpus_stage::prepared);
  it.all_say(corpus_stage::failed, [](corpus_report& out) {
    out.loaded.reset();
    out.why = corpus_break{errc::too_many_items, "too many places"};
  });
  REQUIRE(it.core.phase() == corpus_phase::failing);
  it.orders();
  REQUIRE(it.last<keep_outcome>());
  CHECK(it.last<keep_outcome>()->outcome.why == errc::too_many_items);
}
