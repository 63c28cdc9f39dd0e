// The logic between nodes in virtual time: no thread, no clock, frames delivered in the order that a seed says.

#include "runtime/base/random_source.hpp"
#include "runtime/compute/collective/rank_exchange.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace weft;
using namespace std::chrono_literals;

constexpr auto limit = 500ms;

/// Ranks and what is on its way between them.
struct world {
  world(uint32_t ranks, uint64_t seed, uint64_t epoch = 0, size_t piece_bytes = 64) : chance(seed) {
    for (uint32_t r = 0; r < ranks; ++r)
      cores.emplace_back(collective_group{epoch, r, ranks}, piece_bytes);
    dead.resize(ranks);
  }

  void collect(uint32_t rank) {
    for (auto& [to, frame] : cores[rank].take_outgoing()) {
      if (dead[rank] || dead[to])
        continue;
      auto& line = lines[{rank, to}];
      line.push_back(std::move(frame));
      line_max = std::max(line_max, line.size());
    }
  }

  void advance(uint32_t rank) {
    cores[rank].advance();
    collect(rank);
  }

  /// Delivers one frame; false when none is on its way.
  bool step() {
    std::vector<std::pair<uint32_t, uint32_t>> ready;
    for (const auto& [direction, line] : lines)
      if (!line.empty())
        ready.push_back(direction);
    if (ready.empty())
      return false;
    const auto direction = ready[chance.below(static_cast<uint32_t>(ready.size()))];
    auto& line = lines[direction];
    auto frame = std::move(line.front());
    line.pop_front();
    cores[direction.second].receive(std::move(frame));
    advance(direction.second);
    return true;
  }

  /// The rank vanishes with what it sent; the others' links say so.
  void kill(uint32_t rank) {
    dead[rank] = true;
    for (auto& [direction, line] : lines)
      if (direction.first == rank || direction.second == rank)
        line.clear();
    for (uint32_t r = 0; r < cores.size(); ++r)
      if (!dead[r]) {
        cores[r].link_down(rank, "its process was killed");
        advance(r);
      }
  }

  void run() {
    while (step())
      ;
  }

  bool all_done() const {
    return std::all_of(cores.begin(), cores.end(), [](const rank_exchange& c) { return c.done(); });
  }

  random_source chance;
  std::deque<rank_exchange> cores;
  std::map<std::pair<uint32_t, uint32_t>, std::deque<rank_frame>> lines;
  std::vector<bool> dead;
  size_t line_max = 0; // the longest line that there was
  time_point now{};
};

using rank_values = std::vector<std::vector<int64_t>>;

rank_values random_values(uint32_t ranks, size_t count, uint64_t seed) {
  random_source chance(seed);
  rank_values out(ranks, std::vector<int64_t>(count));
  for (auto& values : out)
    for (auto& v : values)
      v = static_cast<int64_t>(chance.next());
  return out;
}

std::vector<int64_t> plain_sum(const rank_values& values) {
  std::vector<int64_t> out(values[0].size());
  for (const auto& of_rank : values)
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<int64_t>(static_cast<uint64_t>(out[i]) + static_cast<uint64_t>(of_rank[i]));
  return out;
}

void begin_reduce(world& w, uint32_t rank, std::vector<int64_t>& values) {
  w.cores[rank].begin(all_reduce_call(std::span<int64_t>{values}, reduce_op::sum), w.now, limit);
  w.advance(rank);
}

rank_frame piece_of(uint64_t epoch, uint32_t from, rank_piece piece) {
  return {epoch, from, std::move(piece)};
}

} // namespace

TEST_CASE("sums are the same in whatever order frames come") {
  for (uint64_t seed = 0; seed < 60; ++seed)
    for (const uint32_t ranks : {1, 2, 3, 8}) {
      CAPTURE(seed);
      CAPTURE(ranks);
      world w(ranks, seed);
      auto values = random_values(ranks, seed * 7 % 300, seed);
      const auto want = plain_sum(values);
      for (uint32_t r = 0; r < ranks; ++r)
        begin_reduce(w, r, values[r]);
      w.run();
      CHECK(w.all_done());
      for (uint32_t r = 0; r < ranks; ++r) {
        CHECK_FALSE(w.cores[r].ended());
        CHECK(values[r] == want);
      }
    }
}

TEST_CASE("ranks may be one verb apart, and what waits between two never exceeds the window") {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    constexpr uint32_t ranks = 4;
    world w(ranks, seed);
    // Verbs of different kinds one after the other; each rank begins its next as soon as its last is done.
    std::vector<rank_values> values;
    std::vector<std::vector<int64_t>> sums;
    for (uint64_t verb = 0; verb < 6; ++verb) {
      values.push_back(random_values(ranks, verb * 61, seed * 10 + verb));
      sums.push_back(plain_sum(values.back()));
    }
    const auto begin_next = [&](uint32_t r) {
      const auto verb = w.cores[r].verbs_done();
      auto& mine = values[verb][r];
      w.cores[r].begin(verb % 2 ? broadcast_call(std::as_writable_bytes(std::span{mine}), 2, ranks)
                                : all_reduce_call(std::span<int64_t>{mine}, reduce_op::sum),
                       w.now, limit);
      w.advance(r);
    };
    const auto originals = values;
    do {
      for (uint32_t r = 0; r < ranks; ++r)
        if (w.cores[r].done() && w.cores[r].verbs_done() < 6 && w.chance.chance(0.2))
          begin_next(r);
    } while (w.step() ||
             std::any_of(w.cores.begin(), w.cores.end(), [](const rank_exchange& c) { return c.verbs_done() < 6; }));
    for (uint64_t verb = 0; verb < 6; ++verb)
      for (uint32_t r = 0; r < ranks; ++r)
        CHECK(values[verb][r] == (verb % 2 ? originals[verb][2] : sums[verb]));
    CHECK(w.line_max <= rank_window + rank_window / 2 + 1); // pieces and credits
  }
}

TEST_CASE("whoever dies whenever, every survivor succeeds or names a reason at once, and the next epoch is right") {
  uint64_t failed = 0, succeeded = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    const uint32_t ranks = 2 + seed % 7;
    world w(ranks, seed);
    const auto values = random_values(ranks, 200, seed);
    auto held = values;
    const auto want = plain_sum(values);
    for (uint32_t r = 0; r < ranks; ++r)
      begin_reduce(w, r, held[r]);
    for (auto steps = w.chance.below(120 * ranks); steps > 0 && w.step(); --steps)
      ;
    const auto victim = w.chance.below(ranks);
    w.kill(victim);
    w.run(); // no time passes
    rank_values rest;
    for (uint32_t r = 0; r < ranks; ++r) {
      if (r == victim)
        continue;
      CHECK(w.cores[r].done());
      REQUIRE(w.cores[r].ended()); // the death is known to all, also to those who had all that they needed
      CHECK(w.cores[r].ended()->code == errc::unavailable);
      CHECK(w.cores[r].ended()->message.find("rank " + std::to_string(victim) + " is gone") != std::string::npos);
      if (w.cores[r].verbs_done() == 1) {
        CHECK(held[r] == want);
        ++succeeded;
      } else {
        ++failed;
      }
      rest.push_back(values[r]);
    }
    world next(ranks - 1, seed + 1, 1);
    const auto clean = plain_sum(rest);
    for (uint32_t r = 0; r < ranks - 1; ++r)
      begin_reduce(next, r, rest[r]);
    next.run();
    for (const auto& of_rank : rest)
      CHECK(of_rank == clean);
  }
  CHECK(failed > 100); // both happen
  CHECK(succeeded > 100);
}

TEST_CASE("a rank that is silent is named when the deadline has come, not before") {
  world w(3, 1);
  std::vector<int64_t> a(10), b(10);
  begin_reduce(w, 0, a);
  begin_reduce(w, 1, b);
  w.run();
  w.cores[0].expire(w.now + limit - 1ns);
  CHECK_FALSE(w.cores[0].done());
  CHECK(w.cores[0].deadline() == w.now + limit);
  w.cores[0].expire(w.now + limit);
  w.collect(0);
  w.run(); // the abort reaches rank 1, and rank 2, which will hear it when it comes
  for (uint32_t r = 0; r < 3; ++r) {
    REQUIRE(w.cores[r].ended());
    CHECK(w.cores[r].ended()->code == errc::deadline_exceeded);
    CHECK(w.cores[r].ended()->message.find("rank 2 did not come") != std::string::npos);
  }
}

TEST_CASE("ranks of two formations of one epoch refuse each other at the first frame, and both name the epoch") {
  // Rank 1 of {A, B} and rank 1 of {A, C}: each takes itself for the partner of rank 0.
  rank_exchange ours({7, 0, 2, 0xAB}, 64), theirs({7, 1, 2, 0xAC}, 64);
  std::vector<int64_t> a(4), b(4);
  ours.begin(all_reduce_call(std::span<int64_t>{a}, reduce_op::sum), {}, limit);
  ours.advance();
  theirs.begin(all_reduce_call(std::span<int64_t>{b}, reduce_op::sum), {}, limit);
  theirs.advance();
  (void)theirs.take_outgoing(); // its first frames are late; its abort must do
  for (auto& each : ours.take_outgoing())
    theirs.receive(std::move(each.frame));
  const auto answers = theirs.take_outgoing();
  REQUIRE(answers.size() == 1);
  ours.receive(answers[0].frame);
  for (const auto* rank : {&ours, &theirs}) {
    CHECK(rank->done());
    REQUIRE(rank->ended());
    CHECK(rank->ended()->code == errc::unavailable);
    CHECK(rank->ended()->message.find("of epoch 7 belongs to another formation") != std::string::npos);
    CHECK(rank->ended()->metadata == std::vector<std::pair<std::string, std::string>>{{"epoch", "7"}});
    CHECK(rank->frames_dropped() == 0);
  }
}

TEST_CASE("another formation is found out between verbs too, and whatever rank it speaks for") {
  for (const uint32_t from : {0u, 1u, 5u}) {
    CAPTURE(from);
    rank_exchange rank({7, 0, 2, 0xAB}, 64);
    rank.receive({6, from, rank_leave{}, 0xAC}); // of an epoch that is over: nothing to do with us
    CHECK_FALSE(rank.ended());
    rank.receive({7, from, rank_leave{}, 0xAC});
    REQUIRE(rank.ended());
    CHECK(rank.ended()->code == errc::unavailable);
  }
}

TEST_CASE("frames of another epoch, of oneself and of no rank are dropped and counted") {
  world w(3, 1, 5);
  std::vector<int64_t> values(10, 1);
  begin_reduce(w, 0, values);
  w.cores[0].receive({4, 1, rank_abort{errc::unavailable, "late words of epoch 4"}});
  w.cores[0].receive({6, 1, rank_leave{}});
  w.cores[0].receive({5, 0, rank_leave{}});
  w.cores[0].receive({5, 3, rank_leave{}});
  CHECK(w.cores[0].frames_dropped() == 4);
  CHECK_FALSE(w.cores[0].ended());
}

TEST_CASE("a lost frame ends the communicator when the next one comes") {
  world w(2, 1);
  std::vector<int64_t> a(100), b(100);
  begin_reduce(w, 0, a);
  begin_reduce(w, 1, b);
  w.lines[{0, 1}].pop_front();
  w.run();
  for (uint32_t r = 0; r < 2; ++r) {
    REQUIRE(w.cores[r].ended());
    CHECK(w.cores[r].ended()->code == errc::unavailable);
    CHECK(w.cores[r].ended()->message.find("a frame from it was lost") != std::string::npos);
  }
}

TEST_CASE("a rank that does not keep to the protocol is found out, whatever it sends") {
  const verb_key key{.verb = collective_verb::all_reduce, .type = value_type::int64, .bytes = 128};
  const std::vector<std::byte> eight(8);
  const rank_piece right{.key = key, .payload = eight}; // the first value of rank 0's 8
  const auto changed = [&](auto change) {
    auto piece = right;
    change(piece);
    return piece;
  };
  const std::pair<std::string, std::vector<rank_piece>> cases[] = {
      {"rank 1 calls", {changed([](rank_piece& p) { p.key.bytes = 64; })}},
      {"piece that has no place", {changed([](rank_piece& p) { p.offset = 8; })}},
      {"piece that has no place", {changed([](rank_piece& p) { p.payload.resize(72); })}},
      {"piece without whole values", {changed([](rank_piece& p) { p.payload.resize(7); })}},
      {"piece without whole values", {changed([](rank_piece& p) { p.payload.clear(); })}},
      {"results before it can have them", {changed([](rank_piece& p) { p.half = 1; })}},
      {"third half", {changed([](rank_piece& p) { p.half = 2; })}},
      {"verb where it cannot be", {changed([](rank_piece& p) { p.sequence = 2; })}},
      {"a frame from it was lost", {changed([](rank_piece& p) { p.number = 1; })}},
      {"more of a verb than belongs", {changed([](rank_piece& p) { p.payload.resize(64); }), changed([](rank_piece& p) {
                                         p.number = 1;
                                         p.offset = 64;
                                       })}}};
  for (const auto& [words, pieces] : cases) {
    CAPTURE(words);
    world w(2, 1);
    std::vector<int64_t> values(16, 1);
    begin_reduce(w, 0, values);
    for (const auto& piece : pieces) {
      w.cores[0].receive(piece_of(0, 1, piece));
      w.advance(0);
    }
    REQUIRE(w.cores[0].ended());
    CHECK(w.cores[0].ended()->message.find(words) != std::string::npos);
    CHECK(w.cores[0].done());
  }
}

TEST_CASE("more pieces than there is credit for, and credit for what was not sent, are found out") {
  world w(2, 1);
  for (uint64_t number = 0; number <= rank_window; ++number)
    w.cores[0].receive(piece_of(0, 1, {.number = number, .payload = {}}));
  REQUIRE(w.cores[0].ended());
  CHECK(w.cores[0].ended()->message.find("more than it has credit for") != std::string::npos);
  w.cores[1].receive({0, 0, rank_credit{1}});
  REQUIRE(w.cores[1].ended());
  CHECK(w.cores[1].ended()->message.find("credit for what it was not sent") != std::string::npos);
}

TEST_CASE("a failure is told once to each who may not know, and the first reason stays") {
  world w(3, 1);
  w.cores[0].link_down(1, "no route");
  w.cores[0].abort({errc::cancelled, "first"});
  w.cores[0].abort({errc::internal, "second"});
  const auto frames = w.cores[0].take_outgoing();
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].to == 2);
  const auto* why = std::get_if<rank_abort>(&frames[0].frame.body);
  REQUIRE(why);
  CHECK(why->message == "rank 0 aborted: first");
  CHECK(w.cores[0].ended()->message == "rank 0 aborted: first");
}

namespace {

constexpr size_t gathered_bytes = rank_window * 64; // all pieces that go without credit

/// Two ranks in an all_gather that rank 1 has done and left; what it sent is still on its way, as in `lines`.
struct half_gathered : world {
  half_gathered() : world(2, 1) {
    for (uint32_t r = 0; r < 2; ++r) {
      mine[r].assign(gathered_bytes, static_cast<std::byte>(r + 1));
      all[r].resize(2 * gathered_bytes);
      cores[r].begin(all_gather_call(mine[r], all[r], 2), now, limit);
      advance(r);
    }
    for (auto& line = lines[{0, 1}]; !line.empty(); line.pop_front()) {
      cores[1].receive(line.front());
      advance(1);
    }
    cores[1].close();
    collect(1);
  }

  /// Rank 0 takes so many of the frames that wait.
  void take(size_t frames) {
    for (auto& line = lines[{1, 0}]; frames > 0 && !line.empty(); --frames, line.pop_front()) {
      cores[0].receive(line.front());
      cores[0].advance();
    }
  }

  std::vector<std::byte> mine[2], all[2];
};

} // namespace

TEST_CASE("a rank that nothing can be sent to is heard to its end: what it sent completes the verb") {
  half_gathered w;
  REQUIRE(w.cores[1].verbs_done() == 1);
  w.take(2);
  const auto credit = w.cores[0].take_outgoing();
  REQUIRE(credit.size() == 1); // which the link refuses
  w.cores[0].stop_sending(1);
  CHECK_FALSE(w.cores[0].ended());
  w.take(100);
  CHECK(w.cores[0].verbs_done() == 1);
  CHECK(w.all[0] == w.all[1]);
  REQUIRE(w.cores[0].ended());
  CHECK(w.cores[0].ended()->message.find("it closed its end") != std::string::npos); // not what the link says
  w.cores[0].link_down(1, "its stream has ended");
  w.cores[0].close();
  CHECK(w.cores[0].take_outgoing().empty()); // nothing more was put out for it
}

TEST_CASE("a rank that nothing can be sent to still says why it failed") {
  world w(2, 1);
  std::vector<int64_t> values(10);
  begin_reduce(w, 0, values);
  w.cores[1].abort({errc::cancelled, "the job was cancelled"});
  w.collect(1);
  w.cores[0].stop_sending(1);
  w.cores[0].advance();
  CHECK_FALSE(w.cores[0].done()); // only the link's word, or the rank's, ends it
  w.run();
  w.cores[0].link_down(1, "its stream has ended");
  REQUIRE(w.cores[0].ended());
  CHECK(w.cores[0].ended()->message == "rank 1 aborted: the job was cancelled");
}

TEST_CASE("of several ranks that went, the one whose part is missing is named") {
  world w(3, 1);
  std::vector<std::byte> mine(8), all(24);
  for (const uint32_t r : {0u, 1u}) { // rank 2 does not come
    w.cores[r].begin(all_gather_call(mine, all, 3), w.now, limit);
    w.advance(r);
  }
  w.cores[0].receive(w.lines[{1, 0}].front());
  w.cores[0].link_down(1, "it was stopped"); // but all that is needed of it has come
  w.cores[0].advance();
  CHECK_FALSE(w.cores[0].done());
  w.cores[0].link_down(2, "its process was killed");
  w.cores[0].advance();
  CHECK(w.cores[0].done());
  CHECK(w.cores[0].verbs_done() == 0);
  REQUIRE(w.cores[0].ended());
  CHECK(w.cores[0].ended()->message.find("rank 2 is gone: its process was killed") != std::string::npos);
}

TEST_CASE("of several ranks whose part is missing, the first that went is named") {
  world w(3, 1);
  std::vector<int64_t> values(10);
  begin_reduce(w, 0, values);
  w.cores[0].link_down(2, "its process was killed");
  w.cores[0].link_down(1, "it went because of rank 2");
  w.cores[0].advance();
  REQUIRE(w.cores[0].ended());
  CHECK(w.cores[0].ended()->message.find("rank 2 is gone: its process was killed") != std::string::npos);
}

TEST_CASE("a verb that begins after a rank has gone fails with that reason, and tells the others") {
  world w(3, 1);
  w.cores[2].close();
  w.collect(2);
  w.run();
  REQUIRE(w.cores[0].ended());
  CHECK(w.cores[0].done());
  std::vector<int64_t> values(10);
  begin_reduce(w, 0, values);
  CHECK(w.cores[0].done());
  CHECK(w.cores[0].verbs_done() == 0);
  CHECK(w.lines[{0, 1}].size() == 1);
  CHECK(w.lines[{0, 2}].empty());
}
