// Nodes that go while ranks work together, over real connections.

#include "runtime/base/random_source.hpp"
#include "runtime/compute/collective/thread_group.hpp"
#include "tests/node/peer/rank_nodes.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <iterator>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

constexpr auto patient = 60s;
constexpr uint32_t ranks = 3;

/// A link whose node dies when it has sent so many frames after it was told so.
class dying_link final : public rank_link {
public:
  dying_link(std::shared_ptr<rank_link> link, std::function<void()> die)
      : link_(std::move(link)), die_(std::move(die)) {}
  void die_after(int frames) { frames_ = frames; }
  void attach(rank_inbox* inbox) override { link_->attach(inbox); }
  status send(uint32_t to, rank_frame frame) override {
    if (--frames_ == 0)
      die_();
    return link_->send(to, std::move(frame));
  }

private:
  const std::shared_ptr<rank_link> link_;
  std::atomic<int> frames_{0};
  const std::function<void()> die_;
};

std::vector<int64_t> values_of(uint64_t seed, uint32_t rank) {
  random_source chance(seed * 100 + rank);
  std::vector<int64_t> out(100'000);
  for (auto& v : out)
    v = static_cast<int64_t>(chance.next());
  return out;
}

status reduce(collective& c, std::vector<int64_t>& values) {
  return c.all_reduce(std::span{values}, reduce_op::sum, patient);
}

/// All-reduces while the victim's node dies in the middle: everyone knows within 2 s.
void die_in_all_reduce(rank_nodes& nodes, uint32_t victim, int frames) {
  const auto dying = std::make_shared<dying_link>(nodes.link(victim, 1), [&] { nodes.node(victim).die(); });
  rank_ends ends;
  for (uint32_t rank = 0; rank < ranks; ++rank)
    ends.push_back(std::make_unique<linked_collective>(
        collective_group{1, rank, ranks}, rank == victim ? std::shared_ptr<rank_link>(dying) : nodes.link(rank, 1),
        linked_options{.piece_bytes = 4'096}));
  // So that all have met: who dies before it has called is known by the time in which it should have.
  for (const auto& s : on_each_rank<status>(ends, [](collective& c) { return c.barrier(patient); }))
    REQUIRE(s);
  dying->die_after(frames);
  const auto started = std::chrono::steady_clock::now();
  const auto said = on_each_rank<status>(ends, [](collective& c) {
    auto values = values_of(1, c.group().rank);
    return reduce(c, values);
  });
  CHECK(std::chrono::steady_clock::now() - started < 2s);
  CHECK(said.size() == ranks);
  for (const auto& s : said) {
    REQUIRE_FALSE(s);
    CHECK(s.error().code == errc::unavailable);
  }
}

/// The sums of those that live, in the next epoch, and what threads make of the same values.
void check_survivors(rank_nodes& nodes, uint32_t victim, uint64_t epoch) {
  std::vector<uint32_t> alive;
  for (uint32_t r = 0; r < ranks; ++r)
    if (r != victim)
      alive.push_back(r);
  auto next = nodes.ends(epoch, alive);
  auto threads = make_thread_group(ranks - 1, epoch);
  const auto sums = [&](collective& c) -> result<std::vector<int64_t>> {
    auto values = values_of(epoch, c.group().rank);
    if (auto said = reduce(c, values); !said)
      return said.error();
    return values;
  };
  const auto got = on_each_rank<result<std::vector<int64_t>>>(next, sums);
  const auto want = on_each_rank<result<std::vector<int64_t>>>(threads, sums);
  REQUIRE(got.size() == ranks - 1);
  for (size_t r = 0; r < got.size(); ++r) {
    REQUIRE_MESSAGE(got[r], (got[r] ? "" : got[r].error().message));
    CHECK((*got[r] == *want[r]));
  }
}

ptrdiff_t entries_of(const char* folder) {
  return std::distance(std::filesystem::directory_iterator(folder), {});
}

} // namespace

TEST_CASE("a node that dies in mid all-reduce is known to all within 2 s, and the others go on in the next epoch") {
  for (const uint32_t victim : {0, 1, 2})
    for (const int frames : {1, 5, 40}) {
      CAPTURE(victim);
      CAPTURE(frames);
      rank_nodes nodes(ranks);
      die_in_all_reduce(nodes, victim, frames);
      check_survivors(nodes, victim, 2);
    }
}

TEST_CASE("a node that dies while no verb runs is known all the same") {
  rank_nodes nodes(ranks);
  auto ends = nodes.ends(1);
  for (const auto& s : on_each_rank<status>(ends, [](collective& c) { return c.barrier(patient); }))
    REQUIRE(s);
  nodes.node(1).die();
  for (const auto& end : ends)
    CHECK(eventually([&] { return end->async_error().has_value(); }));
}

TEST_CASE("an abort ends all ranks at once") {
  rank_nodes nodes(ranks);
  auto ends = nodes.ends(1);
  const auto said = on_each_rank<status>(ends, [](collective& c) {
    if (c.group().rank == 2)
      c.abort({errc::engine_failed, "a device is lost"});
    return c.barrier(patient);
  });
  for (const auto& s : said) {
    REQUIRE_FALSE(s);
    CHECK(s.error().code == errc::unavailable);
    CHECK(says(s.error().message, "a device is lost"));
  }
}

TEST_CASE("a hundred cycles of death and regrouping leave no descriptor open and no thread") {
  const auto cycle = [](uint32_t victim) {
    rank_nodes nodes(ranks);
    die_in_all_reduce(nodes, victim, 10);
    check_survivors(nodes, victim, 2);
  };
  cycle(0); // what the process keeps from a first time is there now
  const auto open = entries_of("/proc/self/fd"), threads = entries_of("/proc/self/task");
  for (uint32_t i = 1; i <= 100; ++i)
    cycle(i % ranks);
  // gRPC closes sockets a moment later, and keeps a few descriptors for its threads; a leak would be 100.
  CHECK(eventually([&] { return entries_of("/proc/self/fd") < open + 10; }));
  CHECK(eventually([&] { return entries_of("/proc/self/task") < threads + 10; }));
}
