#include "tests/runtime/corpus_job/leader_bench.hpp"

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

TEST_CASE("nothing happens before all is embedded; then holders load, run, and one keeps the outcome") {
  leader_bench it;
  it.later(1h);
  CHECK(it.orders().empty());
  CHECK(it.core.phase() == corpus_phase::waiting);
  it.core.embedded(it.now);
  const auto prepared = it.all_say(corpus_stage::prepared);
  CHECK(prepared.size() == 3);
  CHECK(prepared.at(2).wish == corpus_wish::prepare);
  const auto loads = it.all_say(corpus_stage::loaded);
  REQUIRE(loads.size() == 3);
  uint64_t items = 0;
  for (const auto& [node, order] : loads) {
    REQUIRE(order.load);
    CHECK(order.load->ranks == it.live);
    CHECK(order.load->items == 29);
    items += items_of(order.load->share);
  }
  CHECK(items == 29);
  const auto runs = it.all_say(corpus_stage::finished, [](corpus_report& out) { out.result_hash = 5; });
  CHECK(runs.at(3).wish == corpus_wish::run);
  CHECK(it.core.phase() == corpus_phase::keeping);
  uint64_t generation = 0;
  it.later(1s);
  for (const auto& [node, order] : it.orders()) {
    auto out = it.report(order, node, corpus_stage::finished);
    CHECK(order.keep.has_value() == (node == 1));
    if (order.keep) {
      CHECK(order.keep->kind == attached_kind::outcome);
      CHECK(order.keep->gaps.runs() == std::vector<item_run>{{4, 1}});
      CHECK(order.keep->model_version == "v");
      out.kept = generation = order.keep->generation;
    }
    it.core.reported(out, it.now);
  }
  CHECK(generation == generation_of(1, 1));
  const auto ends = it.all_say(corpus_stage::idle);
  CHECK(ends.size() == 3);
  CHECK(ends.at(1).wish == corpus_wish::end);
  REQUIRE(it.last<corpus_over>());
  CHECK(!it.last<corpus_over>()->why);
  it.later(10ms);
  CHECK(it.core.phase() == corpus_phase::ended);
  CHECK(!it.core.next_wake());
}

TEST_CASE("an outcome that is there already ends the job, whoever led it so far") {
  leader_bench it;
  it.survey.has_outcome = true;
  it.core.embedded(it.now);
  it.all_say(corpus_stage::prepared);
  it.orders();
  REQUIRE(it.last<corpus_over>());
  CHECK(!it.last<corpus_over>()->why);
}

TEST_CASE("a member that dies ends the epoch; the next one has its segments on other holders") {
  leader_bench it;
  it.bring_to_running();
  it.orders(); // on their way to all three
  const auto dead = it.live.back();
  it.live.pop_back();
  it.core.set_members(it.live, 3, it.now);
  CHECK(it.core.phase() == corpus_phase::gathering);
  CHECK(it.core.epoch() == 2);
  it.all_say(corpus_stage::prepared);
  const auto loads = it.all_say(corpus_stage::loaded);
  REQUIRE(loads.size() == 2);
  CHECK(items_of(loads.at(1).load->share) + items_of(loads.at(2).load->share) == 29);
  // What the dead one says still is nobody's.
  corpus_report late{
      .job = job, .number = 3, .worker = dead, .epoch = 1, .stage = corpus_stage::failed, .progress = {}};
  late.why = corpus_break{errc::invalid_argument, "x"};
  it.core.reported(late, it.now);
  CHECK(it.core.phase() == corpus_phase::running);
}

TEST_CASE("late, repeated and foreign reports change nothing") {
  leader_bench it;
  it.core.embedded(it.now);
  const auto first = it.orders();
  auto stale = it.report(first.at(2), 2, corpus_stage::failed);
  stale.why = corpus_break{errc::invalid_argument, "of an epoch before"};
  it.live.pop_back();
  it.core.set_members(it.live, 3, it.now);
  it.all_say(corpus_stage::prepared);
  for (const auto& [node, order] : first)
    if (node < 3)
      it.core.reported(it.report(order, node, corpus_stage::prepared), it.now);
  it.all_say(corpus_stage::prepared);
  REQUIRE(it.core.phase() == corpus_phase::loading);
  it.core.reported(stale, it.now); // its number was answered since
  it.later(250ms);
  const auto present = it.orders().at(2);
  auto foreign = stale;
  foreign.number = present.number + 1'000; // that was never given
  it.core.reported(foreign, it.now);
  foreign.number = present.number;
  foreign.job = {7, 7};
  it.core.reported(foreign, it.now);
  foreign.job = job;
  foreign.worker = worker(2, 9);
  it.core.reported(foreign, it.now);
  CHECK(it.core.phase() == corpus_phase::loading);
  foreign.worker = worker(2); // this one counts
  it.core.reported(foreign, it.now);
  CHECK(it.core.phase() == corpus_phase::failing);
}

TEST_CASE("without the promises of a majority nobody loads, with them the silent are left out") {
  leader_bench it(5);
  it.live.resize(2);
  it.core.set_members(it.live, 5, it.now);
  it.core.embedded(it.now);
  for (int i = 0; i < 40; ++i) {
    it.all_say(corpus_stage::prepared);
    it.later(500ms);
  }
  CHECK(it.core.phase() == corpus_phase::gathering);
  it.live.push_back(worker(3));
  it.core.set_members(it.live, 5, it.now);
  it.all_say(corpus_stage::prepared);
  CHECK(it.core.phase() == corpus_phase::loading);

  leader_bench silent(3);
  silent.core.embedded(silent.now);
  const auto orders = silent.orders();
  for (const uint64_t node : {1U, 2U})
    silent.core.reported(silent.report(orders.at(node), node, corpus_stage::prepared), silent.now);
  CHECK(silent.core.phase() == corpus_phase::gathering);
  silent.later(corpus_job_options{}.prepare_within);
  CHECK(silent.core.phase() == corpus_phase::loading);
  CHECK(silent.core.ranks() == 2);
}

TEST_CASE("whoever is refused outbids the epoch in the refusal") {
  leader_bench it;
  it.core.embedded(it.now);
  const auto orders = it.orders();
  auto refusal = it.report(orders.at(2), 2, corpus_stage::refused);
  refusal.epoch = 41;
  it.core.reported(refusal, it.now);
  CHECK(it.core.epoch() == 42);
  CHECK(it.core.phase() == corpus_phase::gathering);
  // One that runs in this very epoch does so for a former leader in this process.
  const auto again = it.orders();
  it.core.reported(it.report(again.at(3), 3, corpus_stage::running), it.now);
  CHECK(it.core.epoch() == 43);
  CHECK(it.core.phase() == corpus_phase::gathering);
  it.all_say(corpus_stage::prepared);
  CHECK(it.core.phase() == corpus_phase::loading);
}

TEST_CASE("a rank is told its share once, and asked how it goes until it says what it has loaded") {
  leader_bench it;
  it.core.embedded(it.now);
  it.all_say(corpus_stage::prepared);
  for (const auto& [node, order] : it.all_say(corpus_stage::loading))
    CHECK(order.wish == corpus_wish::load);
  it.later(250ms);
  for (const auto& [node, order] : it.orders()) {
    CHECK(order.wish == corpus_wish::prepare);
    CHECK(!order.load);
    auto out = it.report(order, node, corpus_stage::loading);
    out.stage = corpus_stage::loaded; // it does not say what
    it.core.reported(out, it.now);
  }
  CHECK(it.core.phase() == corpus_phase::loading);
  it.later(250ms);
  for (const auto& [node, order] : it.all_say(corpus_stage::loaded))
    CHECK(order.wish == corpus_wish::load);
  CHECK(it.core.phase() == corpus_phase::running);
}

TEST_CASE("an epoch is above what is kept, and above its floor, where everybody has forgotten") {
  leader_bench it;
  it.survey.newest_generation = generation_of(9, 4);
  it.core.embedded(it.now);
  it.orders();
  CHECK(it.core.epoch() == 10);
  it.all_say(corpus_stage::prepared);
  CHECK(it.core.phase() == corpus_phase::gathering); // nobody has answered yet
  it.later(corpus_job_options{}.answer_within);
  it.all_say(corpus_stage::prepared);
  CHECK(it.core.phase() == corpus_phase::loading);
  CHECK(!it.core.last_break());

  corpus_job_core late(
      {.job = job, .self = worker(1), .options = {}, .job_items = 1, .segments = 1, .epoch_floor = 600});
  late.set_members(it.live, 3, it.now);
  late.embedded(it.now);
  CHECK(late.epoch() == 601);
}

TEST_CASE("checkpoints are kept in turn at two places, while there is progress, and the newest is fetched if nobody "
          "remembers") {
  leader_bench it;
  it.survey.checkpoints = {{attached_kind::checkpoint_a, 7}, {attached_kind::checkpoint_b, 3}};
  it.core.embedded(it.now);
  it.all_say(corpus_stage::prepared);
  const auto loads = it.all_say(corpus_stage::loaded);
  CHECK(loads.at(1).load->from == attached_kind::checkpoint_a);
  CHECK(!loads.at(2).load->from);
  std::vector<corpus_keep> asked;
  uint64_t kept = 0;
  for (uint32_t i = 1; i < 100; ++i) {
    it.later(250ms);
    for (const auto& [node, order] : it.orders()) {
      auto out = it.report(order, node, corpus_stage::running);
      out.progress = {corpus_step::iterations, std::min(i, 60U), 0};
      if (order.keep && order.keep->generation > kept) {
        asked.push_back(*order.keep);
        kept = order.keep->generation;
      }
      out.kept = node == 1 ? kept : 0;
      it.core.reported(out, it.now);
    }
  }
  REQUIRE(asked.size() >= 3); // 25 s, of which 15 with progress
  CHECK(asked.size() <= 4);
  for (size_t i = 0; i < asked.size(); ++i) {
    CHECK(asked[i].kind == (i % 2 == 0 ? attached_kind::checkpoint_b : attached_kind::checkpoint_a));
    CHECK((i == 0 || asked[i].generation > asked[i - 1].generation));
  }
}
