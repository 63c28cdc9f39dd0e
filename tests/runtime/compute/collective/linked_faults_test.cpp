// Ranks with threads over links that carry bytes and fail.

#include "runtime/compute/collective/rank_frame_codec.hpp"
#include "tests/runtime/compute/collective/collective_worlds.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace weft;
using namespace std::chrono_literals;

constexpr auto patient = 20s;

status reduce_many(collective& c, collective::patience limit = patient) {
  std::vector<int64_t> values(20'000, static_cast<int64_t>(c.group().rank) + 1);
  auto said = c.all_reduce(std::span<int64_t>{values}, reduce_op::sum, limit);
  const int64_t want = static_cast<int64_t>(c.group().ranks) * (c.group().ranks + 1) / 2;
  if (said && values != std::vector<int64_t>(20'000, want))
    return failure{errc::internal, "wrong sums"};
  return said;
}

/// What a verb said, and when.
struct told {
  status what;
  std::chrono::steady_clock::time_point when;
};

/// A link without memory for the frame with this number, from 1.
class starved_link final : public rank_link {
public:
  starved_link(std::shared_ptr<rank_link> link, int frame) : link_(std::move(link)), left_(frame) {}
  void attach(rank_inbox* inbox) override { link_->attach(inbox); }
  status send(uint32_t to, rank_frame frame) override {
    if (--left_ == 0)
      throw std::bad_alloc{};
    return link_->send(to, std::move(frame));
  }

private:
  const std::shared_ptr<rank_link> link_;
  int left_;
};

/// Ends of which one has no memory for a frame.
rank_ends make_starved_ends(faulty_rank_net& net, uint32_t ranks, uint32_t starved, int frame) {
  rank_ends out;
  for (uint32_t rank = 0; rank < ranks; ++rank) {
    auto link = net.link(rank);
    if (rank == starved)
      link = std::make_shared<starved_link>(std::move(link), frame);
    out.push_back(std::make_unique<linked_collective>(collective_group{0, rank, ranks}, std::move(link),
                                                      linked_options{.piece_bytes = 4096}));
  }
  return out;
}

bool says(const failure& f, std::string_view words) {
  return f.message.find(words) != std::string::npos;
}

} // namespace

TEST_CASE("over queues of bytes the sums are right, in whatever order the links deliver") {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    faulty_rank_net net(8, seed);
    auto ends = make_faulty_ends(net, 8);
    for (int round = 0; round < 3; ++round)
      for (const auto& s : on_each_rank<status>(ends, [](collective& c) { return reduce_many(c); }))
        CHECK_MESSAGE(static_cast<bool>(s), (s ? "" : s.error().message));
  }
}

TEST_CASE("when the link between two ranks is cut, those between which it was know, and so do all others") {
  faulty_rank_net net(5);
  auto ends = make_faulty_ends(net, 5);
  net.hold(1, 3); // so that the verb is in progress when the link is cut
  std::thread fault([&] {
    net.await_frames(1, 3, 1);
    net.cut(1, 3);
  });
  const auto said = on_each_rank<status>(ends, [](collective& c) { return reduce_many(c); });
  fault.join();
  for (const auto& s : said) {
    REQUIRE_FALSE(s);
    CHECK(s.error().code == errc::unavailable);
    CHECK(says(s.error(), "the link was cut"));
  }
}

TEST_CASE("a rank killed in mid all-reduce is known to all survivors well within 2 s, without any deadline's help") {
  for (const uint64_t frames : {1, 2, 7, 40}) {
    CAPTURE(frames);
    faulty_rank_net net(8, frames);
    auto ends = make_faulty_ends(net, 8);
    net.kill_after(4, frames);
    const auto said = on_each_rank<told>(ends, [](collective& c) {
      auto outcome = reduce_many(c);
      return told{std::move(outcome), std::chrono::steady_clock::now()};
    });
    REQUIRE(said.size() == 8);
    for (uint32_t rank = 0; rank < 8; ++rank) {
      REQUIRE_FALSE(said[rank].what);
      CHECK(said[rank].what.error().code == errc::unavailable);
      if (rank == 4) // which sees all others go
        continue;
      CHECK(says(said[rank].what.error(), "rank 4 is gone: its process was killed"));
      CHECK(said[rank].when - net.killed_at(4) < 2s);
    }
  }
}

TEST_CASE("frames that are late make a verb late, not wrong") {
  faulty_rank_net net(3);
  auto ends = make_faulty_ends(net, 3);
  net.hold(0, 1);
  net.hold(2, 0);
  std::thread slow([&] {
    // All that may go without credit is late, so nobody has come further than that.
    net.await_frames(2, 0, rank_window);
    net.await_frames(0, 1, rank_window);
    net.release(2, 0);
    net.settle();
    net.release(0, 1);
  });
  for (const auto& s : on_each_rank<status>(ends, [](collective& c) { return reduce_many(c); }))
    CHECK(static_cast<bool>(s));
  slow.join();
}

TEST_CASE("what a rank sent before it closed is still read, although nothing can be sent to it any more") {
  faulty_rank_net net(2);
  auto ends = make_faulty_ends(net, 2);
  net.hold(0, 1);
  net.hold(1, 0);
  std::optional<status> said[2];
  std::vector<std::byte> all[2];
  const auto gather = [&](uint32_t rank) {
    // As much as goes without credit: a rank has all that it needs before the other has read anything.
    const std::vector<std::byte> mine(rank_window * 4096, static_cast<std::byte>(rank + 1));
    all[rank].resize(2 * mine.size());
    said[rank] = ends[rank]->all_gather(mine, all[rank], patient);
  };
  std::thread reader(gather, 0U);
  std::thread leaver(gather, 1U);
  net.await_frames(1, 0, rank_window); // pieces first, credit behind them
  net.release(0, 1);
  leaver.join();
  ends[1].reset();
  net.close_for_writing(1);
  net.release_next(1, 0, rank_window / 2);
  net.await_refusal(0, 1); // credit for these
  net.release(1, 0);
  reader.join();
  for (const auto& s : said)
    CHECK_MESSAGE(static_cast<bool>(s.value()), (*s ? "" : s->error().message));
  CHECK(all[0] == all[1]);
  CHECK(all[0].front() == std::byte{1});
  CHECK(all[0].back() == std::byte{2});
  net.settle();
  REQUIRE(ends[0]->async_error());
  CHECK(says(*ends[0]->async_error(), "rank 1 is gone: it closed its end"));
}

TEST_CASE("why a rank aborted is heard, although nothing can be sent to it any more") {
  faulty_rank_net net(2);
  auto ends = make_faulty_ends(net, 2);
  net.hold(1, 0);
  ends[1]->abort({errc::cancelled, "the job was cancelled"});
  net.await_frames(1, 0, 1);
  net.close_for_writing(1);
  std::optional<status> said;
  std::thread late([&] { said = reduce_many(*ends[0]); });
  net.await_refusal(0, 1); // its first piece
  net.release(1, 0);
  late.join();
  REQUIRE_FALSE(said.value());
  CHECK(says(said->error(), "rank 1 aborted: the job was cancelled"));
}

TEST_CASE("a rank that nothing can be sent to, and that left without a word, ends the verb when its link does") {
  faulty_rank_net net(2);
  auto ends = make_faulty_ends(net, 2);
  net.close_for_writing(1);
  const auto said = reduce_many(*ends[0]);
  REQUIRE_FALSE(said);
  CHECK(says(said.error(), "rank 1 is gone: it has closed its streams"));
}

TEST_CASE("ranks of two formations of one epoch never exchange a value") {
  faulty_rank_net net(2);
  rank_ends ends;
  for (uint32_t rank = 0; rank < 2; ++rank)
    ends.push_back(std::make_unique<linked_collective>(collective_group{4, rank, 2, 100 + rank}, net.link(rank)));
  for (const auto& s : on_each_rank<status>(ends, [](collective& c) { return reduce_many(c); })) {
    REQUIRE_FALSE(s);
    CHECK(s.error().code == errc::unavailable);
    CHECK(says(s.error(), "of epoch 4 belongs to another formation"));
  }
}

TEST_CASE("a link that keeps everything to itself is found by the deadline") {
  faulty_rank_net net(3);
  auto ends = make_faulty_ends(net, 3);
  net.hold(2, 0);
  const auto said = on_each_rank<status>(ends, [](collective& c) { return reduce_many(c, 100ms); });
  for (const auto& s : said) {
    REQUIRE_FALSE(s);
    CHECK(s.error().code == errc::deadline_exceeded);
  }
  net.release(2, 0);
}

TEST_CASE("a lost piece ends the verb") {
  faulty_rank_net net(3);
  auto ends = make_faulty_ends(net, 3);
  net.lose_next(0, 2);
  for (const auto& s : on_each_rank<status>(ends, [](collective& c) { return reduce_many(c); })) {
    REQUIRE_FALSE(s);
    CHECK(says(s.error(), "rank 0 is gone: a frame from it was lost"));
  }
}

TEST_CASE("bytes that are no frame end the link, and with it the communicator") {
  faulty_rank_net net(2);
  auto ends = make_faulty_ends(net, 2);
  net.inject(0, 1, "GET / HTTP/1.1");
  net.settle();
  for (uint32_t rank = 0; rank < 2; ++rank) {
    REQUIRE(ends[rank]->async_error());
    CHECK(says(*ends[rank]->async_error(), "not a frame between ranks"));
  }
}

TEST_CASE("words of an earlier epoch change nothing") {
  faulty_rank_net net(2);
  auto ends = make_faulty_ends(net, 2, 7);
  net.inject(0, 1, encode({6, 0, rank_abort{errc::internal, "from the past"}}));
  net.inject(1, 0, encode({6, 1, rank_piece{.number = 3, .payload = {}}}));
  for (const auto& s : on_each_rank<status>(ends, [](collective& c) { return reduce_many(c); }))
    CHECK(static_cast<bool>(s));
  CHECK(static_cast<linked_collective&>(*ends[0]).frames_dropped() == 1);
  CHECK(static_cast<linked_collective&>(*ends[1]).frames_dropped() == 1);
}

TEST_CASE("frames wait for a rank that is not ready yet") {
  faulty_rank_net net(2);
  rank_ends first(1), second(1);
  first[0] = std::make_unique<linked_collective>(collective_group{0, 0, 2}, net.link(0));
  std::optional<status> said;
  std::thread early([&] { said = first[0]->barrier(patient); });
  net.await_frames(0, 1, 1);
  second[0] = std::make_unique<linked_collective>(collective_group{0, 1, 2}, net.link(1));
  CHECK(static_cast<bool>(second[0]->barrier(patient)));
  early.join();
  CHECK(static_cast<bool>(said.value()));
}

TEST_CASE("a rank that closes in peace is known to be gone") {
  faulty_rank_net net(2);
  auto ends = make_faulty_ends(net, 2);
  ends[0].reset();
  net.settle();
  REQUIRE(ends[1]->async_error());
  CHECK(says(*ends[1]->async_error(), "rank 0 is gone: it closed its end"));
}

TEST_CASE("a rank without memory in mid verb ends the communicator for all, and nothing else") {
  for (const int frame : {1, 2, 9}) {
    CAPTURE(frame);
    faulty_rank_net net(3);
    auto ends = make_starved_ends(net, 3, 1, frame);
    for (const auto& s : on_each_rank<status>(ends, [](collective& c) { return reduce_many(c); })) {
      REQUIRE_FALSE(s);
      CHECK(s.error().code == errc::unavailable);
      CHECK(says(s.error(), "rank 1 aborted: it has no memory"));
    }
    const auto again = ends[1]->barrier(patient);
    REQUIRE_FALSE(again);
    CHECK(says(again.error(), "it has no memory"));
  }
}

TEST_CASE("a rank that has no memory for its last words closes its end all the same") {
  faulty_rank_net net(2);
  auto ends = make_starved_ends(net, 2, 1, 1);
  ends[1].reset();
  net.settle();
  CHECK(ends[0]->async_error());
}
