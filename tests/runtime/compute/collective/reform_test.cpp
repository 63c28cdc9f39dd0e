// A job that goes on when ranks die: the survivors form the next epoch, and the result is that of a clean run.

#include "runtime/base/random_source.hpp"
#include "tests/runtime/compute/collective/collective_worlds.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace weft;
using namespace std::chrono_literals;

constexpr auto patient = 20s;
constexpr uint32_t ranks = 3;
constexpr size_t values = 3'000;

#ifdef __SANITIZE_THREAD__
constexpr ptrdiff_t threads_alone = 2; // its own came with the first thread, and stays
#else
constexpr ptrdiff_t threads_alone = 1;
#endif

ptrdiff_t entries_of(const char* folder) {
  return std::distance(std::filesystem::directory_iterator(folder), {});
}

/// The kernel lists a thread for a moment after it was joined.
bool threads_settle_at(ptrdiff_t wanted) {
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (entries_of("/proc/self/task") != wanted && std::chrono::steady_clock::now() < limit)
    std::this_thread::yield();
  return entries_of("/proc/self/task") == wanted;
}

std::vector<int64_t> shard(uint64_t cycle, uint32_t worker) {
  random_source chance(cycle * 100 + worker);
  std::vector<int64_t> out(values);
  for (auto& v : out)
    v = static_cast<int64_t>(chance.next());
  return out;
}

/// What the survivors hold after the next epoch's sum over their shards.
std::vector<std::vector<int64_t>> sums_of(rank_ends& ends, uint64_t cycle, const std::vector<uint32_t>& workers) {
  return on_each_rank<std::vector<int64_t>>(ends, [&](collective& c) {
    auto mine = shard(cycle, workers[c.group().rank]);
    return c.all_reduce(std::span<int64_t>{mine}, reduce_op::sum, patient) ? mine : std::vector<int64_t>{};
  });
}

/// What a verb said, and when.
struct told {
  status what;
  std::chrono::steady_clock::time_point when;
};

/// How a rank dies.
struct death {
  std::function<void()> come;                                  ///< called once all others are at the verb
  std::function<std::chrono::steady_clock::time_point()> when; ///< asked once they have returned
};

/// One cycle: a rank dies in an all-reduce, the others say so within 2 s of its death and go on without it.
/// ends: of those that are to call the verb; make: ends of the next epoch.
void check_cycle(rank_ends ends, uint64_t cycle, uint32_t victim, const death& dying,
                 const std::function<rank_ends(uint32_t, uint64_t)>& make) {
  CAPTURE(cycle);
  const auto callers =
      static_cast<size_t>(std::count_if(ends.begin(), ends.end(), [](auto& e) { return e != nullptr; }));
  std::atomic<size_t> inside = 0;
  std::thread killer([&] {
    while (inside < callers)
      std::this_thread::yield();
    dying.come();
  });
  const auto said = on_each_rank<told>(ends, [&](collective& c) {
    auto mine = shard(cycle, c.group().rank);
    ++inside;
    auto outcome = c.all_reduce(std::span<int64_t>{mine}, reduce_op::sum, patient);
    return told{std::move(outcome), std::chrono::steady_clock::now()};
  });
  killer.join();
  CHECK(said.size() == callers);
  for (const auto& s : said) {
    REQUIRE_FALSE(s.what);
    CHECK(s.what.error().code == errc::unavailable);
    CHECK(s.when - dying.when() < 2s);
  }
  ends.clear();
  std::vector<uint32_t> survivors;
  for (uint32_t r = 0; r < ranks; ++r)
    if (r != victim)
      survivors.push_back(r);
  auto next = make(ranks - 1, cycle + 1);
  auto clean = make_thread_group(ranks - 1, 0);
  const auto sums = sums_of(next, cycle, survivors);
  CHECK(sums.size() == 2);
  CHECK_FALSE(sums[0].empty());
  CHECK(sums == sums_of(clean, cycle, survivors));
}

/// Runs the cycles; no thread is left, and as many descriptors are open as before.
void check_cycles(const std::function<void(uint64_t cycle, uint32_t victim)>& cycle) {
  cycle(0, 1); // whatever the process keeps from a first time (of doctest, of a sanitizer) is there now
  const auto descriptors = entries_of("/proc/self/fd");
  for (uint64_t i = 1; i <= 100; ++i)
    cycle(i, static_cast<uint32_t>(i % ranks));
  CHECK(threads_settle_at(threads_alone));
  CHECK(entries_of("/proc/self/fd") == descriptors);
}

} // namespace

TEST_CASE(
    "100 times a thread's rank dies when the others are at an all-reduce, and they go on: same sums, nothing leaks") {
  check_cycles([](uint64_t cycle, uint32_t victim) {
    auto ends = make_thread_group(ranks, cycle);
    auto dying = std::move(ends[victim]);
    std::chrono::steady_clock::time_point died;
    const auto die = [&] {
      died = std::chrono::steady_clock::now();
      dying.reset();
    };
    check_cycle(std::move(ends), cycle, victim, {die, [&] { return died; }}, make_thread_group);
  });
}

TEST_CASE("100 times a node's rank is killed in mid all-reduce and the others go on: same sums, nothing leaks") {
  check_cycles([](uint64_t cycle, uint32_t victim) {
    faulty_rank_net net(ranks, cycle);
    // After some of its pieces: it dies while the others wait for the rest.
    net.kill_after(victim, 1 + cycle % 4);
    std::unique_ptr<faulty_rank_net> next; // lives as long as the next epoch
    check_cycle(make_faulty_ends(net, ranks, cycle), cycle, victim, {[] {}, [&] { return net.killed_at(victim); }},
                [&](uint32_t count, uint64_t epoch) {
                  next = std::make_unique<faulty_rank_net>(count, cycle + 7);
                  return make_faulty_ends(*next, count, epoch);
                });
  });
}
