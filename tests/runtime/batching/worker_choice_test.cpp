#include "runtime/batching/worker_roster.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace weft;
using namespace std::chrono_literals;

namespace {

struct machine {
  device_kind kind = device_kind::cpu;
  double fixed = 0;  ///< seconds a batch
  double token = 0;  ///< seconds
  uint32_t best = 0; ///< engine_info::batch_tokens_best
};
constexpr machine cpu{device_kind::cpu, 0.2e-3, 100e-6, 512};
constexpr machine gpu{device_kind::gpu, 3e-3, 1e-6, 8'448};

/// A pool of workers in virtual time: batches leave a queue of tokens, each engine does its own in order.
class pool_world {
public:
  explicit pool_world(std::vector<machine> machines) : machines_(std::move(machines)) {
    for (size_t i = 0; i < machines_.size(); ++i) {
      const auto worker = roster.add();
      roster.ready(worker, now,
                   {.device = std::to_string(i),
                    .batch_tokens_best = machines_[i].best,
                    .kind = machines_[i].kind,
                    .name = std::to_string(machines_[i].token)});
    }
    ends_.resize(machines_.size());
    computed.resize(machines_.size());
  }

  /// So many tokens come now.
  void submit(uint64_t tokens) {
    waiting += tokens;
    dispatch();
  }
  void dispatch() {
    while (waiting > 0) {
      const auto target = roster.choose(
          {.tokens = waiting, .tokens_behind = waiting, .tokens_max = 16'384, .text_tokens_max = 256}, now);
      if (!target)
        return;
      const auto tokens = std::min(waiting, target->tokens_max);
      waiting -= tokens;
      roster.assign(target->worker, ++last_, tokens, now);
      given.emplace_back(target->worker, tokens);
      auto& queue = ends_[target->worker];
      const auto begins = queue.empty() ? now : std::max(now, queue.back().at);
      queue.push_back({begins + takes(target->worker, tokens), last_, tokens});
    }
  }
  /// Time goes on to the next end of a batch; false when there is none.
  bool step() {
    std::optional<size_t> next;
    for (size_t i = 0; i < ends_.size(); ++i)
      if (!ends_[i].empty() && (!next || ends_[i].front().at < ends_[*next].front().at))
        next = i;
    if (!next)
      return false;
    const auto done = ends_[*next].front();
    ends_[*next].erase(ends_[*next].begin());
    now = std::max(now, done.at);
    computed[*next] += done.tokens;
    roster.done(static_cast<uint32_t>(*next), done.batch, now, done.tokens, takes(*next, done.tokens));
    dispatch();
    return true;
  }
  /// Until nothing is left to do.
  void finish() {
    while (step()) {
    }
    CHECK(waiting == 0);
  }
  /// One call, with nothing else going on: who computed its tokens, and how long it took.
  duration call(uint64_t tokens) {
    given.clear();
    const auto began = now;
    submit(tokens);
    finish();
    return now - began;
  }
  /// Calls of both sizes, so that every engine was measured with them.
  void learn() {
    for (int i = 0; i < 40; ++i) {
      submit(i % 2 == 0 ? 20 : 200'000);
      finish();
      now += 10ms;
    }
    given.clear();
  }
  std::vector<uint32_t> workers() const {
    std::vector<uint32_t> out;
    for (const auto& [worker, tokens] : given)
      if (std::ranges::find(out, worker) == out.end())
        out.push_back(worker);
    return out;
  }

  worker_roster roster{2};
  time_point now{1h};
  uint64_t waiting = 0;
  std::vector<std::pair<uint32_t, uint64_t>> given; ///< batches: worker and tokens
  std::vector<uint64_t> computed;                   ///< tokens, by worker
  std::vector<machine>& machines() { return machines_; }

private:
  struct end {
    time_point at{};
    uint64_t batch = 0;
    uint64_t tokens = 0;
  };
  std::chrono::nanoseconds takes(size_t worker, uint64_t tokens) const {
    const auto& it = machines_[worker];
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(it.fixed + it.token * static_cast<double>(tokens)));
  }

  std::vector<machine> machines_;
  std::vector<std::vector<end>> ends_;
  uint64_t last_ = 0;
};

} // namespace

TEST_CASE("a small call goes to the CPU where that ends it first, a large one to the device") {
  for (const bool device_first : {true, false}) {
    CAPTURE(device_first);
    pool_world world(device_first ? std::vector{gpu, cpu} : std::vector{cpu, gpu});
    const uint32_t device = device_first ? 0 : 1;
    world.learn();
    // 10 tokens: 1.2 ms and 3.01 ms; 100: 10.2 and 3.1; 2 000: 200 and 5.
    CHECK(world.call(10) < 2ms);
    CHECK(world.workers() == std::vector<uint32_t>{1 - device});
    CHECK(world.call(100) < 4ms);
    CHECK(world.workers() == std::vector<uint32_t>{device});
    CHECK(world.call(2'000) < 6ms);
    CHECK(world.workers() == std::vector<uint32_t>{device});
  }
}

TEST_CASE("where a device is so fast that it always wins, the CPU helps only when much waits") {
  pool_world world({{device_kind::gpu, 0.1e-3, 1e-6, 8'448}, cpu});
  world.learn();
  world.call(10);
  CHECK(world.workers() == std::vector<uint32_t>{0});
  world.call(20'000);
  CHECK(world.workers() == std::vector<uint32_t>{0});
  world.call(1'000'000); // a second of the device: a batch of 51 ms beside it ends long before
  CHECK(world.workers() == std::vector<uint32_t>{0, 1});
}

TEST_CASE("a call is never done later for a slow engine that helps") {
  for (const uint64_t tokens : {10u, 300u, 5'000u, 50'000u, 500'000u}) {
    CAPTURE(tokens);
    pool_world alone({gpu}), both({gpu, cpu});
    alone.learn();
    both.learn();
    const auto without = alone.call(tokens);
    CHECK(both.call(tokens) <= without + without / 10);
  }
}

TEST_CASE("a full queue ahead of a fast device makes a slow one worth it") {
  pool_world world({gpu, cpu});
  world.learn();
  world.submit(16'896); // two full batches of 11 ms each at the device
  CHECK(world.workers().size() == 1);
  world.given.clear();
  world.submit(50); // 5.2 ms at the CPU, 22 and 3 at the device
  CHECK(world.workers() == std::vector<uint32_t>{1});
  world.given.clear();
  world.submit(500); // 50 ms at the CPU: it waits for the device
  CHECK(world.given.empty());
  world.finish();
  CHECK(world.workers() == std::vector<uint32_t>{0});
}

TEST_CASE("a device whose speed falls gets less, and its share back when it recovers") {
  pool_world world({gpu, gpu});
  world.learn();
  const auto share = [&] {
    world.computed = {0, 0};
    for (int i = 0; i < 100; ++i)
      world.call(100'000);
    return static_cast<double>(world.computed[1]) / static_cast<double>(world.computed[0] + world.computed[1]);
  };
  CHECK(share() == doctest::Approx(0.5).epsilon(0.1));
  world.machines()[1].token *= 8; // a batch of 8 448 takes 70 ms instead of 11
  world.machines()[1].fixed *= 8;
  share(); // it learns
  CHECK(share() < 0.2);
  world.machines()[1] = gpu;
  share();
  world.now += 30s; // what was measured while it was slow fades
  share();
  CHECK(share() == doctest::Approx(0.5).epsilon(0.1));
}

TEST_CASE("an engine that hangs keeps no call: what is late is expected to be as late again") {
  pool_world world({gpu, cpu});
  world.learn();
  world.roster.assign(0, 1'000'000, 100, world.now); // 3.1 ms, and it never ends
  const batch_demand demand{.tokens = 300, .tokens_behind = 300, .tokens_max = 16'384, .text_tokens_max = 256};
  CHECK_FALSE(world.roster.choose(demand, world.now)); // 30 ms at the CPU: it waits
  const auto later = world.roster.choose(demand, world.now + 100ms);
  REQUIRE(later);
  CHECK(later->worker == 1);
}

TEST_CASE("an engine that was not measured yet is tried at once, and one like another starts with its speed") {
  pool_world world({gpu, cpu});
  world.call(10);
  world.call(10);
  CHECK(world.computed[0] > 0);
  CHECK(world.computed[1] > 0);
  world.learn();
  const engine_info like{.kind = device_kind::gpu, .name = std::to_string(gpu.token)};
  const auto added = world.roster.add();
  world.roster.ready(added, world.now, like);
  CHECK(world.roster.engines().at(added).tokens_per_second == world.roster.engines().at(0).tokens_per_second);
  // Also when the other one has gone.
  const auto known = world.roster.engines().at(0).tokens_per_second;
  world.roster.remove(0, world.now);
  world.roster.remove(added, world.now);
  CHECK(world.roster.engines().size() == 1);
  CHECK(world.roster.add() == 0);
  world.roster.ready(0, world.now, like);
  CHECK(world.roster.engines().at(0).tokens_per_second == known);
}

TEST_CASE("each engine gets batches of what it is best with, and no text finds no engine for its length") {
  pool_world world({gpu, cpu});
  world.learn();
  world.given.clear();
  world.submit(10'000'000);
  world.finish();
  std::map<uint32_t, uint64_t> largest;
  for (const auto& [worker, tokens] : world.given)
    largest[worker] = std::max(largest[worker], tokens);
  CHECK(largest[0] == 8'448);
  CHECK(largest[1] == 512);
  worker_roster tiny{1};
  tiny.ready(tiny.add(), {}, {.batch_tokens_best = 100});
  CHECK(tiny.choose({.tokens = 1'000, .text_tokens_max = 256}, {})->tokens_max == 256);
}

TEST_CASE("alike engines share what waits evenly, and a little goes to the first") {
  pool_world world({cpu, cpu, cpu});
  world.learn();
  world.given.clear();
  world.submit(900);
  CHECK(world.given == std::vector<std::pair<uint32_t, uint64_t>>{{0, 300}, {1, 300}, {2, 300}});
  world.finish();
  for (int i = 0; i < 3; ++i)
    world.call(10); // who had large batches only is tried with a small one
  for (int i = 0; i < 5; ++i) {
    world.call(10);
    CHECK(world.workers() == std::vector<uint32_t>{0});
  }
}

TEST_CASE("work on points goes to who is done with it first, by how fast it did such work") {
  pool_world world({cpu, gpu});
  world.learn();
  for (uint64_t i = 1; i <= 4; ++i) {
    for (uint32_t worker : {0u, 1u}) {
      world.roster.assign_points(worker, i, 1'000'000'000, world.now);
      world.now += 1ms;
      world.roster.points_done(worker, i, world.now, 1'000'000'000, worker == 0 ? 200ms : 1ms);
    }
  }
  CHECK(world.roster.soonest(1'000'000'000, world.now) == 1);
  for (uint64_t i = 10; i < 20; ++i)
    world.roster.assign_points(1, i, 10'000'000'000, world.now); // 100 ms in all
  CHECK(world.roster.soonest(100'000'000, world.now) == 0);      // 20 ms
  CHECK(world.roster.soonest(10'000'000'000, world.now) == 1);   // 2 s, and 110 ms
}

TEST_CASE("a pool tells what its engines do together, and how fast each kind is") {
  pool_world world({gpu, cpu, cpu});
  node_load before;
  world.roster.tell_groups(before);
  CHECK(before.groups[0].engines == 0);
  CHECK(world.roster.tokens_per_second() == 0);
  world.learn();
  node_load load;
  world.roster.tell_groups(load);
  CHECK(load.groups[0].engines == 1);
  CHECK(load.groups[0].tokens_per_second == doctest::Approx(1e6).epsilon(0.05));
  CHECK(load.groups[0].batch_seconds == doctest::Approx(3e-3).epsilon(0.05));
  CHECK(load.groups[1].engines == 2);
  CHECK(load.groups[1].tokens_per_second == doctest::Approx(1e4).epsilon(0.05));
  CHECK(load.groups[2].engines == 0);
  double sum = 0;
  for (const auto& one : world.roster.engines())
    sum += one.tokens_per_second;
  CHECK(world.roster.tokens_per_second() == doctest::Approx(sum));
}
