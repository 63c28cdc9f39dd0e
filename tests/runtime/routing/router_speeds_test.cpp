#include "runtime/routing/router_core.hpp"

#include <doctest/doctest.h>

#include <map>
#include <vector>

using namespace weft;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};

std::vector<route_target> nodes(uint64_t count) {
  std::vector<route_target> out;
  for (uint64_t i = 1; i <= count; ++i)
    out.push_back({.node = node_id{i}});
  return out;
}

/// What nodes with such engines say of them.
node_load with_cpus(uint32_t engines = 1) {
  return {.groups = {{{.engines = engines, .batch_seconds = 0.2e-3, .tokens_per_second = 1e4}}}};
}
node_load with_device(double times_slower = 1) {
  return {.groups = {{{.engines = 1, .batch_seconds = 6e-3 * times_slower, .tokens_per_second = 1e6 / times_slower}}}};
}

/// Two nodes whose calls take what their loads say: 1 has CPUs, 2 a device.
struct two_kinds {
  explicit two_kinds(bool told = true) {
    core.set_targets(nodes(2));
    if (told) // beside the way of any call, as owners of keys do
      for (const auto& [node, load] : loads)
        core.told(node_id{node}, load, now);
  }
  uint64_t serve(uint32_t work) {
    const auto where = core.pick({.work = work}, now);
    REQUIRE(where);
    const auto node = static_cast<uint64_t>(where->node);
    const auto& load = loads.at(node);
    now += std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds_on(load, work)));
    core.answered(*where, now, load);
    return node;
  }
  /// Calls of one size: how many of them node 2 had.
  int device_had(uint32_t work, int calls = 20) {
    int had = 0;
    for (int i = 0; i < calls; ++i)
      had += serve(work) == 2 ? 1 : 0;
    return had;
  }

  router_core core{{}};
  time_point now = start;
  std::map<uint64_t, node_load> loads{{1, with_cpus()}, {2, with_device()}};
};

} // namespace

TEST_CASE("work takes what the fastest kind of engine needs for it, dealt out among its engines in long texts") {
  CHECK(seconds_on({}, 100) == 0);
  CHECK(seconds_on(with_cpus(), 100) == doctest::Approx(0.2e-3 + 10e-3));
  CHECK(seconds_on(with_cpus(4), 100) == doctest::Approx(0.2e-3 + 10e-3));
  CHECK(seconds_on(with_cpus(4), 10'000) == doctest::Approx(0.2e-3 + 0.25));
  auto both = with_cpus();
  add_group(both, with_device().groups[0]);
  CHECK(seconds_on(both, 10) == doctest::Approx(0.2e-3 + 1e-3));
  CHECK(seconds_on(both, 10'000) == doctest::Approx(6e-3 + 10e-3));
  // What makes no sense, since it came over the wire, is left out.
  CHECK(seconds_on({.groups = {{{.engines = 1, .batch_seconds = -1, .tokens_per_second = 1}}}}, 1) == 0);
  CHECK(seconds_on({.groups = {{{.engines = 1, .batch_seconds = 1, .tokens_per_second = 0}}}}, 1) == 0);
}

TEST_CASE("a small call goes to the node with CPUs where that ends it first, a large one to the node with a device") {
  two_kinds b;
  // 10 tokens: 1.2 ms and 6; 5 000: 500 ms and 11.
  CHECK(b.device_had(10) == 0);
  CHECK(b.device_had(5'000) == 20);
  CHECK(b.device_had(10) == 0); // though each of its tokens took much longer than at the device lately
  for (int i = 0; i < 40; ++i)
    CHECK(b.serve(i % 2 == 0 ? 10 : 5'000) == (i % 2 == 0 ? 1 : 2));
  b.core.told(node_id{77}, b.loads[1], b.now); // no target
}

TEST_CASE("nodes that have not told are tried, and known after one answer") {
  two_kinds b{false};
  for (const uint32_t work : {10u, 5'000u, 10u, 5'000u})
    for (int i = 0; i < 5; ++i)
      b.serve(work);
  CHECK(b.device_had(5'000) == 20);
  CHECK(b.device_had(10) == 0);
}

TEST_CASE("a node whose device falls in speed gets less: by what it tells, and by how long it takes") {
  two_kinds b;
  CHECK(b.device_had(1'000) == 20); // 100 ms and 7
  SUBCASE("it says so") {
    b.loads[2] = with_device(40);
  }
  SUBCASE("it does not, and answers late") {
    for (int i = 0; i < 3; ++i) {
      const auto where = b.core.pick({.work = 1'000}, b.now);
      REQUIRE(where);
      b.core.answered(*where, b.now += where->node == node_id{2} ? 280ms : 100ms,
                      b.loads[static_cast<uint64_t>(where->node)]);
    }
  }
  SUBCASE("it does not answer at all") {
    const auto where = b.core.pick({.work = 1'000}, b.now);
    REQUIRE(where);
    REQUIRE(where->node == node_id{2});
    b.now += 1s;
  }
  b.device_had(1'000, 1);
  CHECK(b.device_had(1'000) == 0);
}

TEST_CASE("work under way at a device makes the CPUs worth it") {
  two_kinds b;
  int device = 0, cpus = 0;
  for (int i = 0; i < 40; ++i) {
    const auto where = b.core.pick({.work = 1'000}, b.now);
    REQUIRE(where);
    ++(where->node == node_id{2} ? device : cpus);
  }
  CHECK(cpus >= 2); // 100 ms beside 8 each
  CHECK(device >= 30);
}

TEST_CASE("speeds that were told long ago no longer count") {
  two_kinds b{false};
  b.core.told(node_id{1}, with_device(), b.now); // it had one then
  b.core.told(node_id{2}, with_device(40), b.now);
  CHECK(b.serve(5'000) == 1);
  b.now += 61s;
  CHECK(b.device_had(5'000) >= 18);
}

TEST_CASE("speeds that are nearly alike change nothing: answers show more, and sooner") {
  router_core told{{}}, untold{{}};
  auto half = with_cpus();
  half.groups[0].tokens_per_second /= 2;
  const std::map<uint64_t, node_load> loads{{1, with_cpus()}, {2, half}};
  for (auto* core : {&told, &untold})
    core->set_targets(nodes(2));
  auto now = start;
  for (int i = 0; i < 200; ++i) {
    const uint32_t work = i % 3 == 0 ? 2'000 : 20;
    const auto a = told.pick({.work = work}, now), b = untold.pick({.work = work}, now);
    REQUIRE(a);
    REQUIRE(b);
    REQUIRE(a->node == b->node);
    const auto& load = loads.at(static_cast<uint64_t>(a->node));
    now += std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds_on(load, work)));
    told.answered(*a, now, load);
    untold.answered(*b, now);
  }
}
