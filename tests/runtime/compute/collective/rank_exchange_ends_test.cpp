// How a rank between nodes learns that others have gone, failed or are not of its formation, and what still counts; in
// virtual time.

#include "tests/runtime/compute/collective/exchange_world.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

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
