#include "runtime/corpus_job/corpus_member_core.hpp"
#include "runtime/corpus_job/message_codec.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace weft;
using namespace std::chrono_literals;

namespace {

constexpr job_id job{1, 2};
constexpr group_worker me{node_id{3}, boot_epoch{7}, 0};
constexpr group_worker chief{node_id{1}, boot_epoch{1}, 0};
constexpr group_worker rival{node_id{2}, boot_epoch{1}, 0};

corpus_order order(uint64_t epoch, corpus_wish wish, group_worker from = chief) {
  static uint64_t number = 0;
  corpus_order out{.job = job, .number = ++number, .epoch = epoch, .coordinator = from, .wish = wish};
  if (wish == corpus_wish::load)
    out.load = corpus_load{
        .options = {}, .ranks = {chief, me}, .share = {{0, 0, 5, 9}}, .roster = 44, .items = 5, .job_items = 5};
  return out;
}

template <class Effect> size_t count_of(const std::vector<corpus_member_effect>& effects) {
  size_t out = 0;
  for (const auto& each : effects)
    out += std::holds_alternative<Effect>(each);
  return out;
}

/// One that runs in this epoch.
void bring_to_running(corpus_member_core& core, uint64_t epoch) {
  core.ordered(order(epoch, corpus_wish::prepare), {});
  core.ordered(order(epoch, corpus_wish::load), {});
  core.loaded(job, epoch, corpus_loaded{{{}, "v"}, {}});
  CHECK(core.ordered(order(epoch, corpus_wish::run), {}).stage == corpus_stage::running);
}

} // namespace

TEST_CASE("a member does what is wanted once, however often it is said") {
  corpus_member_core core(me);
  CHECK(core.ordered(order(4, corpus_wish::prepare), {}).stage == corpus_stage::prepared);
  CHECK(core.ordered(order(4, corpus_wish::load), {}).stage == corpus_stage::loading);
  CHECK(core.ordered(order(4, corpus_wish::load), {}).stage == corpus_stage::loading);
  CHECK(count_of<load_corpus>(core.take_effects()) == 1);
  core.loaded(job, 4, corpus_loaded{{{{3, 1}}, "v"}, {corpus_step::iterations, 2, 0}});
  const auto loaded = core.ordered(order(4, corpus_wish::load), {});
  REQUIRE(loaded.loaded);
  CHECK(loaded.loaded->gaps == std::vector<item_run>{{3, 1}});
  CHECK(loaded.roster == 44);
  CHECK(loaded.progress.iteration == 2);
  CHECK(core.ordered(order(4, corpus_wish::run), {}).stage == corpus_stage::running);
  CHECK(core.ordered(order(4, corpus_wish::run), {}).stage == corpus_stage::running);
  const auto effects = core.take_effects();
  REQUIRE(count_of<start_corpus>(effects) == 1);
  CHECK(std::get<start_corpus>(effects[0]).formation == group_formation{4, {chief, me}});
  core.stepped(job, 4, {corpus_step::summary, 9, 1});
  core.finished(job, 4, uint64_t{123});
  const auto finished = core.ordered(order(4, corpus_wish::run), {});
  CHECK(finished.stage == corpus_stage::finished);
  CHECK(finished.result_hash == 123);
  CHECK(finished.progress.step == corpus_step::summary);
}

TEST_CASE("a lower epoch, and another coordinator in the same one, are refused and hear which epoch holds") {
  corpus_member_core core(me);
  bring_to_running(core, 6);
  core.take_effects();
  for (const auto& refused : {order(5, corpus_wish::prepare), order(6, corpus_wish::prepare, rival),
                              order(6, corpus_wish::end, rival), order(2, corpus_wish::end)}) {
    const auto report = core.ordered(refused, {});
    CHECK(report.stage == corpus_stage::refused);
    CHECK(report.epoch == 6);
  }
  CHECK(core.take_effects().empty());
}

TEST_CASE("a higher epoch ends what is under way; what comes of it later is not heard, what is remembered stays") {
  corpus_member_core core(me);
  bring_to_running(core, 6);
  core.stepped(job, 6, {corpus_step::iterations, 5, 0});
  core.take_effects();
  const auto report = core.ordered(order(7, corpus_wish::prepare, rival), {});
  CHECK(report.stage == corpus_stage::prepared);
  CHECK(report.epoch == 7);
  CHECK(report.roster == 44);
  CHECK(report.progress.iteration == 5);
  const auto effects = core.take_effects();
  REQUIRE(count_of<stop_corpus>(effects) == 1);
  CHECK(std::get<stop_corpus>(effects[0]).epoch == 6);
  core.finished(job, 6, uint64_t{1});
  core.kept(job, 6, generation_of(6, 1), ok);
  const auto later = core.ordered(order(7, corpus_wish::prepare, rival), {});
  CHECK(later.stage == corpus_stage::prepared);
  CHECK(later.kept == 0);
}

TEST_CASE("what is to be kept is kept once, an outcome not before it is there") {
  corpus_member_core core(me);
  bring_to_running(core, 6);
  core.take_effects();
  auto keep = order(6, corpus_wish::run);
  keep.keep = corpus_keep{attached_kind::outcome, generation_of(6, 1), {}, ""};
  core.ordered(keep, {});
  CHECK(core.take_effects().empty());
  core.finished(job, 6, uint64_t{5});
  core.ordered(keep, {});
  core.ordered(keep, {});
  CHECK(count_of<keep_corpus>(core.take_effects()) == 1);
  core.kept(job, 6, generation_of(6, 1), failure{errc::storage_full, "full"});
  CHECK(core.ordered(keep, {}).keep_failed == generation_of(6, 1));
  keep.keep->generation = generation_of(6, 2);
  core.ordered(keep, {});
  CHECK(count_of<keep_corpus>(core.take_effects()) == 1);
  core.kept(job, 6, generation_of(6, 2), ok);
  CHECK(core.ordered(keep, {}).kept == generation_of(6, 2));
}

TEST_CASE("a process that is not among the ranks fails its part") {
  corpus_member_core core({me.node, boot_epoch{8}, 0});
  core.ordered(order(1, corpus_wish::prepare), {});
  const auto report = core.ordered(order(1, corpus_wish::load), {});
  CHECK(report.stage == corpus_stage::failed);
  REQUIRE(report.why);
  CHECK(report.why->code == errc::unavailable);
  CHECK(core.take_effects().empty());
}

TEST_CASE("a member that never promised is idle, and one that has no room for more vectors says so") {
  corpus_member_core core(me, {.corpora_max = 1});
  CHECK(core.ordered(order(3, corpus_wish::run), {}).stage == corpus_stage::idle);
  CHECK(core.corpora() == 0);
  core.ordered(order(3, corpus_wish::prepare), {});
  auto other = order(1, corpus_wish::prepare);
  other.job = {9, 9};
  CHECK(core.ordered(other, {}).stage == corpus_stage::prepared); // a promise takes no room
  CHECK(core.ordered(order(3, corpus_wish::load), {}).stage == corpus_stage::loading);
  other = order(1, corpus_wish::load);
  other.job = {9, 9};
  const auto full = core.ordered(other, {});
  CHECK(full.stage == corpus_stage::failed);
  REQUIRE(full.why);
  CHECK(full.why->code == errc::overloaded);
  auto third = order(1, corpus_wish::prepare);
  third.job = {8, 8};
  CHECK(core.ordered(third, {}).stage == corpus_stage::failed);
  CHECK(core.corpora() == 2);

  core.ordered(order(3, corpus_wish::end), {}); // then there is room, in the next epoch of the other one
  CHECK(core.ordered(third, {}).stage == corpus_stage::prepared);
  for (const auto wish : {corpus_wish::prepare, corpus_wish::load}) {
    other = order(2, wish);
    other.job = {9, 9};
    CHECK(core.ordered(other, {}).stage ==
          (wish == corpus_wish::load ? corpus_stage::loading : corpus_stage::prepared));
  }
}

TEST_CASE("a node where no epoch may begin promises nothing and says why; what is under way goes on") {
  corpus_member_core core(me);
  bring_to_running(core, 3);
  core.take_effects();
  core.set_ready(failure{errc::unavailable, "ranks hang"});
  CHECK(core.ordered(order(3, corpus_wish::run), {}).stage == corpus_stage::running);
  CHECK(core.take_effects().empty());
  auto unknown = order(1, corpus_wish::prepare);
  unknown.job = {9, 9};
  for (const auto& asked : {order(4, corpus_wish::prepare), unknown}) {
    const auto report = core.ordered(asked, {});
    CHECK(report.epoch == asked.epoch);
    CHECK(report.stage == corpus_stage::failed);
    REQUIRE(report.why);
    CHECK(*report.why == corpus_break{errc::unavailable, "ranks hang"});
  }
  CHECK(core.corpora() == 1);
  CHECK(count_of<stop_corpus>(core.take_effects()) == 1); // of epoch 3
  core.ordered(order(4, corpus_wish::load), {});
  CHECK(core.take_effects().empty());

  core.set_ready(ok);
  CHECK(core.ordered(order(4, corpus_wish::prepare), {}).stage == corpus_stage::failed); // that one goes without
  CHECK(core.ordered(order(5, corpus_wish::prepare), {}).stage == corpus_stage::prepared);
  CHECK(core.ordered(unknown, {}).stage == corpus_stage::prepared);
}

TEST_CASE("promises have a limit, too") {
  corpus_member_core core(me, {.corpora_max = 1, .promises_max = 2});
  for (const uint64_t number : {1U, 2U, 3U}) {
    auto one = order(1, corpus_wish::prepare);
    one.job = {number, number};
    CHECK(core.ordered(one, {}).stage == (number < 3 ? corpus_stage::prepared : corpus_stage::failed));
  }
}

TEST_CASE("more runs of failed items than a message has room for fail the part, where joined ones would not") {
  for (const bool are_joined : {true, false}) {
    CAPTURE(are_joined);
    corpus_member_core core(me);
    core.ordered(order(1, corpus_wish::prepare), {});
    core.ordered(order(1, corpus_wish::load), {});
    corpus_loaded loaded{{{}, "v"}, {}};
    for (uint64_t i = 0; i <= gap_runs_max; ++i)
      loaded.share.gaps.push_back({i * (are_joined ? 1 : 2), 1});
    core.loaded(job, 1, loaded);
    const auto report = core.ordered(order(1, corpus_wish::load), {});
    if (are_joined) {
      REQUIRE(report.loaded);
      CHECK(report.loaded->gaps == std::vector<item_run>{{0, gap_runs_max + 1}});
    } else {
      CHECK(report.stage == corpus_stage::failed);
      REQUIRE(report.why);
      CHECK(report.why->code == errc::too_many_items);
    }
    CHECK(decode_corpus_report(encode(report)));
  }
}

TEST_CASE("a job that ends is forgotten, and so is one that nobody leads any more") {
  corpus_member_core core(me);
  bring_to_running(core, 1);
  core.take_effects();
  CHECK(core.ordered(order(1, corpus_wish::end), {}).stage == corpus_stage::idle);
  auto effects = core.take_effects();
  CHECK(count_of<stop_corpus>(effects) == 1);
  CHECK(count_of<forget_corpus>(effects) == 1);
  CHECK(core.corpora() == 0);
  CHECK(!core.next_wake());

  bring_to_running(core, 2);
  REQUIRE(core.next_wake());
  const auto wake = *core.next_wake();
  core.tick(wake - 1ms);
  CHECK(core.corpora() == 1);
  core.tick(wake);
  CHECK(core.corpora() == 0);
  CHECK(count_of<forget_corpus>(core.take_effects()) == 1);
}
