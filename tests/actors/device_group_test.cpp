#include "tests/actors/device_group_world.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <numeric>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

std::vector<uint32_t> first_nodes(uint32_t count) {
  std::vector<uint32_t> out(count);
  std::iota(out.begin(), out.end(), 0U);
  return out;
}

template <class T> errc code_of(const result<T>& outcome) {
  return outcome ? errc::none : outcome.error().code;
}

size_t entries_of(const char* folder) {
  return static_cast<size_t>(
      std::distance(std::filesystem::directory_iterator{folder}, std::filesystem::directory_iterator{}));
}

} // namespace

TEST_CASE("one, two and three device groups give one outcome, to the bit that of a plain run") {
  const auto corpus = embed_corpus({.fails_every = 9});
  const auto wanted = plain_outcome(corpus);
  for (const uint32_t count : {1U, 2U, 3U}) {
    CAPTURE(count);
    device_groups world(count);
    world.begin_epoch(corpus, 100, first_nodes(count));
    for (uint32_t n = 0; n < count; ++n) {
      const auto finished = world.take<corpus_events::finished>(n);
      CHECK(finished.epoch == 100);
      REQUIRE(finished.result_hash);
      CHECK(*finished.result_hash == body_hash(encode(wanted)));
      const auto& steps = world.at(n).inbox->steps;
      CHECK(steps.size() > 6);
      CHECK(std::ranges::is_sorted(steps, {}, &corpus_events::stepped::progress));
      CHECK(world.outcome_of(n, 100, corpus) == wanted);
      const auto counted = world.at(n).board->counters();
      CHECK(counted.epochs == 1);
      CHECK(counted.breaks == 0);
      CHECK(counted.corpora == 1);
      CHECK(counted.bytes > 0);
      CHECK(std::accumulate(counted.steps.begin(), counted.steps.end(), uint64_t{0}) == steps.size());
    }
  }
}

TEST_CASE("what a rank has loaded is said: failed items, the model's version") {
  const auto corpus = embed_corpus({.job_items = 60, .fails_every = 10});
  device_groups world(1);
  CHECK(world.load(0, corpus, 1, corpus.segments) == 3);
  const auto loaded = world.seal(0, 1);
  CHECK(loaded.share.model_version == "v1");
  CHECK(loaded.share.gaps == std::vector<item_run>{{0, 1}, {10, 1}, {20, 1}, {30, 1}, {40, 1}, {50, 1}});
  CHECK(loaded.progress == corpus_progress{});
  SUBCASE("and what is missing, or of several versions, is no corpus") {
    world.ask(0, plan_corpus{some_job, 2, load_of(corpus.segments, 8)});
    REQUIRE(world.take<corpus_events::lacks>(0).segments->empty());
    const auto other = embed_corpus({.job_items = 60, .model_version = "v2"});
    world.load(0, other, 3, {corpus.segments[0], other.segments[1]});
    world.ask(0, seal_corpus{some_job, 3});
    CHECK(code_of(world.take<corpus_events::loaded>(0).outcome) == errc::model_unusable);
    const auto half = embed_corpus({.job_items = 60, .precision = numeric_class::fp16});
    world.load(0, half, 4, {corpus.segments[0], half.segments[1]});
    world.ask(0, seal_corpus{some_job, 4});
    const auto mixed = world.take<corpus_events::loaded>(0).outcome;
    REQUIRE(code_of(mixed) == errc::model_unusable);
    CHECK(mixed.error().message.find("model.precision") != std::string::npos);
    world.ask(0, plan_corpus{some_job, 5, load_of(other.segments, 9)});
    static_cast<void>(world.take<corpus_events::lacks>(0));
    world.ask(0, seal_corpus{some_job, 5});
    CHECK(code_of(world.take<corpus_events::loaded>(0).outcome) == errc::unavailable);
    world.ask(0, start_corpus{some_job, 5, {5, {world.worker(0)}}});
    CHECK(code_of(world.take<corpus_events::finished>(0).result_hash) == errc::unavailable);
  }
  SUBCASE("a damaged record is found") {
    auto record = corpus.record(1);
    auto body = *record.body;
    body.back() = static_cast<char>(body.back() + 1);
    record.body = std::make_shared<const std::string>(std::move(body));
    world.ask(0, forget_corpus{some_job});
    world.ask(0, plan_corpus{some_job, 5, load_of(corpus.segments, 7)});
    CHECK(world.take<corpus_events::lacks>(0).segments->size() == 3);
    world.ask(0, feed_corpus{some_job, 5, {record}});
    CHECK(code_of(world.take<corpus_events::fed>(0).outcome) == errc::state_damaged);
  }
}

TEST_CASE("an epoch that is aborted in mid run is followed by one that goes on from the checkpoint in memory") {
  const auto corpus = embed_corpus({});
  const auto wanted = plain_outcome(corpus);
  device_groups world(3);
  world.gate->close_after(18);
  world.begin_epoch(corpus, 10, {0, 1, 2});
  world.gate->await_rank();
  std::vector<uint32_t> ranks{0, 1, 2};
  SUBCASE("a node is told to stop: the others hear that a rank has gone") {
    world.ask(1, stop_corpus{some_job, 10});
    CHECK(code_of(world.take<corpus_events::finished>(1).result_hash) == errc::cancelled);
    for (const uint32_t n : {0U, 2U})
      CHECK(code_of(world.take<corpus_events::finished>(n).result_hash) == errc::unavailable);
  }
  SUBCASE("a member dies: the survivors know by the view, and take over its share") {
    world.hub->kill(device_groups::address(1));
    world.at(1).condition = member_condition::dead;
    world.tell_members(0);
    world.tell_members(2);
    for (const uint32_t n : {0U, 2U})
      CHECK(code_of(world.take<corpus_events::finished>(n).result_hash) == errc::unavailable);
    ranks = {0, 2};
  }
  world.gate->open();
  const auto share_of = [&](size_t r) {
    return corpus.share(static_cast<uint32_t>(r), static_cast<uint32_t>(ranks.size()));
  };
  group_formation formation{11, {}};
  for (size_t r = 0; r < ranks.size(); ++r) {
    const auto lacking = world.load(ranks[r], corpus, 11, share_of(r));
    CHECK(lacking < share_of(r).size());
    CHECK(world.seal(ranks[r], 11).progress > corpus_progress{});
    formation.ranks.push_back(world.worker(ranks[r]));
    world.at(ranks[r]).inbox->steps.clear();
  }
  for (const auto n : ranks)
    world.ask(n, start_corpus{some_job, 11, formation});
  for (const auto n : ranks) {
    const auto finished = world.take<corpus_events::finished>(n);
    REQUIRE(finished.result_hash);
    CHECK(*finished.result_hash == body_hash(encode(wanted)));
    CHECK(world.at(n).inbox->steps.front().progress.step >= corpus_step::iterations);
  }
  CHECK(world.at(0).board->counters().epochs == 2);
  CHECK(world.at(0).board->counters().breaks == 1);
}

TEST_CASE("a checkpoint that was kept with the job is gone on from by a node that remembers none") {
  const auto corpus = embed_corpus({});
  device_groups world(1);
  world.begin_epoch(corpus, 1, {0});
  REQUIRE(world.take<corpus_events::finished>(0).result_hash);
  world.ask(0, encode_corpus{some_job, 1, keep_of(attached_kind::checkpoint_b, 9)});
  const auto encoded = world.take<corpus_events::encoded>(0);
  REQUIRE(encoded.bytes);
  const auto kept = decode_kept_checkpoint(*encoded.bytes);
  REQUIRE(kept);
  CHECK(kept->roster == 7);
  world.ask(0, forget_corpus{some_job});
  CHECK(world.load(0, corpus, 2, corpus.segments) == corpus.segments.size());
  CHECK(world.seal(0, 2, *kept).progress == progress_of(kept->checkpoint));
  SUBCASE("not if it is of another corpus") {
    auto other = *kept;
    other.roster = 8;
    world.ask(0, forget_corpus{some_job});
    world.load(0, corpus, 3, corpus.segments);
    CHECK(world.seal(0, 3, other).progress == corpus_progress{});
    world.ask(0, encode_corpus{some_job, 3, keep_of(attached_kind::checkpoint_a, 1)});
    CHECK(code_of(world.take<corpus_events::encoded>(0).bytes) == errc::unavailable);
  }
}

TEST_CASE("a device group that dies fails its epochs on every node, and the next has nothing of them") {
  const auto corpus = embed_corpus({});
  device_groups world(2);
  world.gate->close_after(12);
  world.begin_epoch(corpus, 1, {0, 1});
  world.gate->await_rank();
  world.kill(1);
  for (const uint32_t n : {0U, 1U})
    CHECK(code_of(world.take<corpus_events::finished>(n).result_hash) == errc::unavailable);
  world.threads.join(); // none of its threads is left
  world.start(1);
  world.tell_members();
  world.gate->open();
  CHECK(world.load(1, corpus, 2, corpus.share(1, 2)) == corpus.share(1, 2).size());
  world.begin_epoch(corpus, 3, {0, 1});
  for (const uint32_t n : {0U, 1U})
    CHECK(*world.take<corpus_events::finished>(n).result_hash == body_hash(encode(plain_outcome(corpus))));
}

TEST_CASE("what is over is not begun: former epochs, forgotten jobs, nodes that drain, too many corpora") {
  const auto corpus = embed_corpus({});
  device_groups world(1);
  world.load(0, corpus, 5, corpus.segments);
  world.seal(0, 5);
  const auto plan = [&](uint64_t epoch, job_id job = some_job) {
    world.ask(0, plan_corpus{job, epoch, load_of(corpus.segments, 7)});
    return code_of(world.take<corpus_events::lacks>(0).segments);
  };
  CHECK(plan(4) == errc::cancelled);
  world.ask(0, seal_corpus{some_job, 4});
  CHECK(code_of(world.take<corpus_events::loaded>(0).outcome) == errc::cancelled);
  world.ask(0, start_corpus{some_job, 5, {5, {world.worker(0), {node_id{9}, boot_epoch{1}, 0}}}});
  CHECK(code_of(world.take<corpus_events::finished>(0).result_hash) == errc::unavailable); // node 9 is no member
  CHECK(plan(6, {.high = 1, .low = 3}) == errc::none);
  CHECK(plan(6, {.high = 1, .low = 4}) == errc::overloaded);
  world.ask(0, forget_corpus{{.high = 1, .low = 3}});
  CHECK(plan(6, {.high = 1, .low = 4}) == errc::none);
  caf::anon_send(world.at(0).actor, drain_atom_v);
  CHECK(plan(7) == errc::draining);
}

TEST_CASE("there is no memory for a corpus that is larger than the budget, and it is said what to do") {
  const auto corpus = embed_corpus({.job_items = 400, .dimensions = 64});
  auto options = device_groups::some_options();
  options.bytes_max = 150'000; // 400 · 64 · 4 bytes are 102 400: rows, but no run of them
  device_groups world(1, options);
  world.load(0, corpus, 1, corpus.segments);
  world.ask(0, seal_corpus{some_job, 1});
  const auto loaded = world.take<corpus_events::loaded>(0);
  REQUIRE(code_of(loaded.outcome) == errc::overloaded);
  CHECK(loaded.outcome.error().message.find("jobs.corpus_memory_bytes_max") != std::string::npos);
  world.settle(0);
  CHECK(world.at(0).board->counters().bytes == 0);
}

TEST_CASE("of two corpora that have no room together one is refused and lets go of what it had, the other is loaded") {
  const auto corpus = embed_corpus({.job_items = 400, .dimensions = 64});
  constexpr job_id other{.high = 9, .low = 9};
  auto options = device_groups::some_options();
  options.bytes_max = 280'000; // one has 109 kB of vectors and 131 kB for its run
  device_groups world(1, options);
  const auto feed = [&](job_id job, size_t first, size_t end) {
    auto last = errc::none;
    for (size_t s = first; s < end && last == errc::none; ++s) {
      world.ask(0, feed_corpus{job, 1, {corpus.record(static_cast<uint32_t>(s))}});
      last = code_of(world.take<corpus_events::fed>(0).outcome);
    }
    return last;
  };
  const auto seal = [&](job_id job) {
    world.ask(0, seal_corpus{job, 1});
    return code_of(world.take<corpus_events::loaded>(0).outcome);
  };
  for (const auto job : {some_job, other}) {
    world.ask(0, plan_corpus{job, 1, load_of(corpus.segments, 7)});
    REQUIRE(world.take<corpus_events::lacks>(0).segments);
  }
  const auto half = corpus.segments.size() / 2, all = corpus.segments.size();
  REQUIRE(feed(some_job, 0, half) == errc::none);
  REQUIRE(feed(other, 0, all) == errc::none);
  CHECK(seal(other) == errc::overloaded); // beside the half of the first
  CHECK(feed(some_job, half, all) == errc::none);
  CHECK(seal(some_job) == errc::none);
  world.ask(0, forget_corpus{some_job});
  world.ask(0, plan_corpus{other, 2, load_of(corpus.segments, 7)});
  CHECK(world.take<corpus_events::lacks>(0).segments->size() == all); // nothing of it had stayed
}

TEST_CASE("a rank that hangs keeps later epochs only so long, is counted, and there are not too many of them") {
  const auto corpus = embed_corpus({});
  const auto wanted = body_hash(encode(plain_outcome(corpus)));
  auto options = device_groups::some_options();
  options.leave_max = 20ms;
  options.ranks_lost_max = 2;
  device_groups world(1, options);
  world.gate->hang();
  for (const uint64_t epoch : {1U, 3U}) {
    CAPTURE(epoch);
    world.gate->close_after(0);
    world.begin_epoch(corpus, epoch, {0});
    world.gate->await_rank(static_cast<uint32_t>(epoch / 2 + 1));
    world.ask(0, stop_corpus{some_job, epoch});
    CHECK(code_of(world.take<corpus_events::finished>(0).result_hash) == errc::cancelled);
    world.gate->open();
    if (epoch == 1) {
      world.begin_epoch(corpus, 2, {0});
      CHECK(*world.take<corpus_events::finished>(0).result_hash == wanted);
      CHECK(world.at(0).board->counters().ranks_hung == 1);
    }
  }
  const auto plan = [&] {
    world.ask(0, plan_corpus{{.high = 8, .low = 8}, 4, load_of(corpus.segments, 7)});
    return code_of(world.take<corpus_events::lacks>(0).segments);
  };
  const auto by = std::chrono::steady_clock::now() + 30s; // the actor's clock is the real one
  while (world.at(0).board->counters().ranks_hung < 2 && std::chrono::steady_clock::now() < by)
    world.settle(0);
  REQUIRE(world.at(0).board->counters().ranks_hung == 2);
  CHECK(plan() == errc::unavailable);
  const auto before = world.at(0).board->counters().bytes;
  world.gate->let_go(); // the driver comes back
  world.threads.join();
  CHECK(plan() == errc::none);
  CHECK(world.at(0).board->counters().bytes < before);
}

TEST_CASE("an exact search of all shares is brute force over the whole") {
  const auto corpus = embed_corpus({.job_items = 300, .fails_every = 11});
  const auto facts = plain_outcome(corpus).facts;
  device_groups world(2);
  const search_options options{.count = 7};
  constexpr size_t queries = 5;
  std::vector<float> asked(corpus.all.values.begin() + 16 * 40, corpus.all.values.begin() + 16 * 40 + 16 * queries);
  for (const uint32_t round : {1U, 2U}) { // the second finds its points made
    CAPTURE(round);
    std::vector<std::vector<std::vector<search_hit>>> parts;
    for (const uint32_t n : {0U, 1U}) {
      CHECK((world.load(n, corpus, 0, corpus.share(n, 2)) == 0) == (round == 2));
      world.seal(n, 0);
      world.ask(n, search_corpus_share{.ticket = 40 + n,
                                       .job = some_job,
                                       .scale_exponent = facts.scale_exponent,
                                       .share = corpus.share(n, 2),
                                       .queries = asked,
                                       .options = options});
      const auto found = world.take<corpus_events::found>(n);
      CHECK(found.ticket == 40 + n);
      REQUIRE(found.hits);
      parts.push_back(*found.hits);
      world.threads.join();
      world.settle(n); // it keeps what it made
    }
    for (size_t q = 0; q < queries; ++q) {
      const auto best = merge_hits(std::vector{parts[0][q], parts[1][q]}, options);
      std::vector<std::pair<double, uint32_t>> brute;
      for (uint32_t item = 0; item < corpus.items(); ++item) {
        double product = 0;
        for (size_t d = 0; d < 16; ++d)
          product += double{asked[q * 16 + d]} * double{corpus.all.values[item * 16 + d]};
        brute.emplace_back(-product, item);
      }
      std::ranges::sort(brute);
      REQUIRE(best.size() == options.count);
      for (size_t i = 0; i < best.size(); ++i) {
        CHECK(best[i].item == brute[i].second);
        CHECK(best[i].score == -brute[i].first);
      }
    }
  }
  CHECK(world.at(0).board->counters().searches == 2);
}

TEST_CASE("what searches asked for outlives a run of the job, not the job") {
  const auto corpus = embed_corpus({});
  device_groups world(1);
  world.begin_epoch(corpus, 1, {0});
  REQUIRE(world.take<corpus_events::finished>(0).result_hash);
  CHECK(world.load(0, corpus, 0, corpus.segments) == 0);
  world.ask(0, forget_corpus{some_job}); // the run is over
  CHECK(world.load(0, corpus, 0, corpus.segments) == 0);
  world.ask(0, forget_corpus{some_job}); // the job is removed
  CHECK(world.load(0, corpus, 0, corpus.segments) == corpus.segments.size());
}

TEST_CASE("searches that ask for the same points at once are all answered, what cannot be searched says why") {
  const auto corpus = embed_corpus({});
  auto options = device_groups::some_options();
  options.searches_max = 4;
  device_groups world(1, options);
  const search_corpus_share search{.ticket = 1,
                                   .job = some_job,
                                   .scale_exponent = 5,
                                   .share = corpus.segments,
                                   .queries = std::vector<float>(16, 0.25F),
                                   .options = {}};
  world.ask(0, search);
  CHECK(code_of(world.take<corpus_events::found>(0).hits) == errc::unavailable);
  world.load(0, corpus, 0, corpus.segments);
  for (int i = 0; i < 4; ++i)
    world.ask(0, search);
  for (int i = 0; i < 4; ++i)
    CHECK(code_of(world.take<corpus_events::found>(0).hits) == errc::none);
  world.threads.join();
  world.settle(0);
  auto wrong = search;
  wrong.queries.resize(15);
  world.ask(0, wrong);
  CHECK(code_of(world.take<corpus_events::found>(0).hits) == errc::invalid_argument);
  wrong = search;
  wrong.scale_exponent = 1'000;
  world.ask(0, wrong);
  CHECK(code_of(world.take<corpus_events::found>(0).hits) == errc::invalid_argument);
}

TEST_CASE("a hundred times begun, ended, aborted or killed, nothing is left: no thread, no descriptor") {
  const auto corpus = embed_corpus({.job_items = 80});
  const auto wanted = body_hash(encode(plain_outcome(corpus)));
  device_groups world(2);
  size_t threads = 0, descriptors = 0;
  uint64_t epoch = 0;
  for (int cycle = 0; cycle <= 100; ++cycle) {
    CAPTURE(cycle);
    ++epoch;
    if (cycle % 4 == 0)
      world.gate->open();
    else
      world.gate->close_after(static_cast<uint64_t>(cycle % 16));
    world.begin_epoch(corpus, epoch, {0, 1});
    if (cycle % 4 == 0) {
      for (const uint32_t n : {0U, 1U})
        CHECK(*world.take<corpus_events::finished>(n).result_hash == wanted);
    } else {
      world.gate->await_rank();
      if (cycle % 4 == 1)
        world.ask(0, stop_corpus{some_job, epoch});
      else if (cycle % 4 == 2)
        world.ask(0, forget_corpus{some_job});
      else
        world.kill(0);
      for (const uint32_t n : {0U, 1U})
        CHECK_FALSE(world.take<corpus_events::finished>(n).result_hash);
      if (cycle % 4 == 3) {
        world.start(0);
        world.tell_members(0);
      }
    }
    world.threads.join();
    if (cycle == 3) { // each way was gone once
      threads = entries_of("/proc/self/task");
      descriptors = entries_of("/proc/self/fd");
    }
  }
  CHECK(entries_of("/proc/self/task") == threads);
  CHECK(entries_of("/proc/self/fd") == descriptors);
}

TEST_CASE("a group that stops aborts its ranks, answers what it owes, and leaves no thread") {
  const auto corpus = embed_corpus({});
  device_groups world(2);
  world.gate->close_after(9);
  world.begin_epoch(corpus, 1, {0, 1});
  world.gate->await_rank();
  for (const uint32_t n : {0U, 1U})
    caf::anon_send(world.at(n).actor, stop_atom_v);
  for (const uint32_t n : {0U, 1U})
    CHECK(code_of(world.take<corpus_events::finished>(n).result_hash) == errc::unavailable);
  world.forget_actors();
  world.await_actors();
  world.threads.join();
}
