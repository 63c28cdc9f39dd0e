// The logic between nodes in virtual time: no thread, no clock, frames delivered in the order that a seed says.

#include "tests/runtime/compute/collective/exchange_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

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
