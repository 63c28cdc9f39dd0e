#include "tests/sim/sim_network.hpp"
#include "tests/sim/sim_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <vector>

using namespace weft;
using namespace weft::sim;
using namespace std::chrono_literals;

namespace {

struct recorder final : sim_process {
  explicit recorder(sim_world& in) : world(in) {}
  void wake(uint64_t token) override {
    woken.push_back(token);
    if (again > 0us)
      world.after(again, *this, token + 1);
  }
  sim_world& world;
  std::chrono::microseconds again{0};
  std::vector<uint64_t> woken;
};

struct postbox final : sim_network<int>::receiver {
  void deliver(uint32_t, uint32_t to, int message) override {
    if (to == 1)
      got.push_back(message);
  }
  std::vector<int> got;
};

/// What of 0 … 999, sent 10 µs apart from 0 to 1, arrives in which order, and the hash of the run.
std::pair<std::vector<int>, uint64_t> transmit(uint64_t seed, const network_faults& faults) {
  sim_world world{seed};
  postbox box;
  sim_network<int> network{world, box, 2};
  network.set_faults(faults);
  for (int i = 0; i < 1'000; ++i) {
    network.send(0, 1, i, 0);
    world.run_for(10us);
  }
  world.run_for(1s);
  return {box.got, world.trace_hash()};
}

} // namespace

TEST_CASE("events come in the order of their times, and of their arrival where these are equal") {
  sim_world world{1};
  recorder all{world};
  for (auto [when, token] : {std::pair{3ms, 1u}, {1ms, 2u}, {3ms, 3u}, {2ms, 4u}})
    world.after(when, all, token);
  world.run_for(2ms);
  CHECK(all.woken == std::vector<uint64_t>{2, 4});
  CHECK(world.elapsed() == 2ms);
  world.run_for(1ms);
  CHECK(all.woken == std::vector<uint64_t>{2, 4, 1, 3});
}

TEST_CASE("waiting for a condition ends when it holds, or when the time is over") {
  sim_world world{1};
  recorder all{world};
  all.again = 1'000us;
  world.after(0us, all, 0);
  CHECK(world.run_until([&] { return all.woken.size() == 5; }, 1s, 1ms));
  CHECK(world.elapsed() <= 6ms);
  CHECK_FALSE(world.run_until([&] { return false; }, 20ms));
}

TEST_CASE("a network without faults keeps every message") {
  network_faults faults;
  faults.delay_spread = 0us;
  auto [got, hash] = transmit(1, faults);
  CHECK(got.size() == 1'000);
  CHECK(std::is_sorted(got.begin(), got.end()));
}

TEST_CASE("loss, duplicates and reordering come as often as asked for") {
  network_faults faults;
  faults.loss = 0.1;
  CHECK(transmit(2, faults).first.size() == doctest::Approx(900).epsilon(0.05));
  faults = {};
  faults.duplicate = 0.1;
  CHECK(transmit(2, faults).first.size() == doctest::Approx(1'100).epsilon(0.05));
  faults = {};
  faults.straggler = 0.1;
  auto got = transmit(2, faults).first;
  CHECK(got.size() == 1'000);
  CHECK_FALSE(std::is_sorted(got.begin(), got.end()));
}

TEST_CASE("a cut works in one direction") {
  sim_world world{3};
  postbox box;
  sim_network<int> network{world, box, 2};
  network.set_group(0, 1);
  network.cut(0, 1);
  network.send(0, 1, 7, 0); // from group 1 to group 0
  world.run_for(1s);
  CHECK(box.got.size() == 1);
  network.cut(1, 0);
  network.send(0, 1, 8, 0);
  world.run_for(1s);
  CHECK(box.got.size() == 1);
  network.heal();
  network.send(0, 1, 9, 0);
  world.run_for(1s);
  CHECK(box.got.size() == 2);
}

TEST_CASE("the same seed gives the same run, another seed another one") {
  network_faults faults;
  faults.loss = 0.1;
  CHECK(transmit(4, faults) == transmit(4, faults));
  CHECK(transmit(4, faults).second != transmit(5, faults).second);
}
