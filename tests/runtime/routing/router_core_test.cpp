#include "runtime/routing/router_core.hpp"

#include <doctest/doctest.h>

#include <array>
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

/// Targets that take a fixed time each; one request at a time.
struct bench {
  explicit bench(uint64_t count, router_options options = {}) : core(options) { core.set_targets(nodes(count)); }

  route pick(const route_request& request = {}) {
    auto got = core.pick(request, now);
    REQUIRE(got);
    return *got;
  }
  /// Sends one and answers it after what its node takes; the node.
  uint64_t serve() {
    const auto where = pick();
    now += takes[static_cast<uint64_t>(where.node)];
    core.answered(where, now);
    return static_cast<uint64_t>(where.node);
  }
  std::map<uint64_t, int> serve(int count) {
    std::map<uint64_t, int> out;
    for (int i = 0; i < count; ++i)
      ++out[serve()];
    return out;
  }

  router_core core;
  time_point now = start;
  std::map<uint64_t, duration> takes;
};

} // namespace

TEST_CASE("without a fit target the answer says why") {
  router_core core{{.outstanding_max = 1}};
  CHECK(core.pick({}, start).error().code == errc::unavailable);
  core.set_targets(nodes(1));
  const auto first = core.pick({}, start);
  REQUIRE(first);
  CHECK(core.pick({}, start).error().code == errc::overloaded);
  core.answered(*first, start + 1ms);
  CHECK(core.pick({}, start + 1ms));
  const std::array tried{node_id{1}};
  CHECK(core.pick({.except = tried}, start + 1ms).error().code == errc::unavailable);
}

TEST_CASE("no target ever has more under way than the limit") {
  bench b{3, {.outstanding_max = 4}};
  for (int i = 0; i < 12; ++i)
    b.pick();
  for (uint64_t i = 1; i <= 3; ++i)
    CHECK(b.core.outstanding(node_id{i}) == 4);
  CHECK(!b.core.pick({}, b.now));
}

TEST_CASE("plain is round robin") {
  bench b{3, {.plain = true}};
  b.takes = {{1, 1ms}, {2, 1s}, {3, 1ms}};
  for (uint64_t i = 0; i < 9; ++i)
    CHECK(b.serve() == 1 + i % 3);
}

TEST_CASE("a slow target gets less, and is tried again after a while") {
  bench b{2};
  b.takes = {{1, 100ms}, {2, 10ms}};
  const auto served = b.serve(200);
  CHECK(served.at(2) > 190);
  CHECK(served.at(1) >= 1);
  b.now += 60s; // what is known has faded
  b.takes[1] = 1ms;
  CHECK(b.serve(400)[1] > 200);
}

TEST_CASE("work under way counts: equal targets share it evenly") {
  bench b{4};
  b.takes = {{1, 5ms}, {2, 5ms}, {3, 5ms}, {4, 5ms}};
  b.serve(40);
  for (int i = 0; i < 40; ++i)
    b.pick();
  for (uint64_t i = 1; i <= 4; ++i) {
    CHECK(b.core.outstanding(node_id{i}) >= 8);
    CHECK(b.core.outstanding(node_id{i}) <= 12);
  }
}

TEST_CASE("a large request counts as what it is") {
  bench b{2};
  const auto large = b.pick({.work = 100});
  for (int i = 0; i < 20; ++i)
    CHECK(b.pick().node != large.node);
}

TEST_CASE("a target that answers errors fast attracts nothing") {
  bench b{3};
  b.takes = {{1, 50ms}, {2, 50ms}, {3, 50ms}};
  b.serve(30);
  int failed = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto where = b.pick();
    if (where.node == node_id{1}) {
      ++failed;
      b.core.failed(where, b.now += 100us);
    } else {
      b.core.answered(where, b.now += 50ms);
    }
  }
  CHECK(failed <= 5); // in 50 s
}

TEST_CASE("a target that works again is used again, and the faults are soon forgotten") {
  bench b{2};
  b.takes = {{1, 10ms}, {2, 10ms}};
  b.serve(10);
  for (int i = 0; i < 3; ++i) {
    route where;
    while ((where = b.pick()).node != node_id{1})
      b.core.answered(where, b.now += 200ms);
    b.core.failed(where, b.now += 1ms);
  }
  b.now += 60s;
  b.serve(20);
  CHECK(b.serve(100)[1] > 20);
}

TEST_CASE("when all fail, somebody is still tried: there is no state that lets nothing through") {
  bench b{2};
  for (int i = 0; i < 100; ++i)
    b.core.failed(b.pick(), b.now += 1ms);
  CHECK(b.core.pick({}, b.now));
}

TEST_CASE("a target that refuses is left alone for a moment") {
  bench b{2};
  b.takes = {{1, 10ms}, {2, 10ms}};
  b.serve(10);
  const auto refused = b.pick();
  b.core.refused(refused, b.now += 1ms);
  for (int i = 0; i < 5; ++i)
    CHECK(b.pick().node != refused.node);
}

TEST_CASE("a target that hangs is found out by the age of what it has not answered") {
  bench b{2};
  b.takes = {{1, 10ms}, {2, 10ms}};
  b.serve(10);
  const auto hung = b.pick();
  b.now += 1s;
  for (int i = 0; i < 30; ++i) {
    const auto other = b.pick();
    CHECK(other.node != hung.node);
    b.core.answered(other, b.now += 10ms);
  }
}

TEST_CASE("the load that a reply tells counts while it is fresh") {
  for (auto [age, avoided] : {std::pair{1ms, true}, {5s, false}}) {
    CAPTURE(age.count());
    bench b{2};
    b.takes = {{1, 10ms}, {2, 10ms}};
    b.serve(20);
    route where;
    while ((where = b.pick()).node != node_id{1})
      b.core.answered(where, b.now += 10ms);
    b.core.answered(where, b.now += 10ms, node_load{.queued_tokens = 10'000, .tokens_per_second = 10'000});
    b.now += age;
    int first = 0;
    for (int i = 0; i < 20; ++i)
      first += b.serve() == 1 ? 1 : 0;
    CHECK((first == 0) == avoided);
  }
}

TEST_CASE("only who can compute it is asked, and who refuses it is not asked for it again for a minute") {
  const capability bf16{1}, fp32{2};
  bench b{3};
  auto list = nodes(3);
  list[0].offers = {bf16, fp32};
  list[1].offers = {fp32};
  b.core.set_targets(list); // the third has not said
  for (int i = 0; i < 20; ++i) {
    const auto where = b.pick({.needs = bf16});
    CHECK(where.node != node_id{2});
    if (where.node == node_id{3}) {
      CHECK(i < 10);
      b.core.incapable(where, bf16, b.now);
    } else {
      b.core.answered(where, b.now += 10ms);
    }
  }
  const auto only = b.pick({.needs = capability{9}});
  CHECK(only.node == node_id{3}); // the others have said that they cannot
  b.core.answered(only, b.now += 10ms);
  bool asked = false;
  b.now += 61s;
  for (int i = 0; i < 10; ++i)
    asked = asked || b.pick({.needs = bf16}).node == node_id{3};
  CHECK(asked);
}

TEST_CASE("home is taken unless somebody else is clearly better") {
  bench b{3};
  b.takes = {{1, 10ms}, {2, 10ms}, {3, 10ms}};
  b.serve(30);
  for (int i = 0; i < 10; ++i) {
    const auto where = b.pick({.home = node_id{2}});
    CHECK(where.node == node_id{2});
    b.core.answered(where, b.now += 10ms);
  }
  b.pick({.home = node_id{2}}); // under way
  CHECK(b.pick({.home = node_id{2}}).node != node_id{2});
  CHECK(b.core.pick({.home = node_id{77}}, b.now)); // home is no target
}

TEST_CASE("a suspect gets work only when the others are much worse") {
  bench b{2};
  b.takes = {{1, 10ms}, {2, 10ms}};
  b.serve(10);
  auto list = nodes(2);
  list[0].suspect = true;
  b.core.set_targets(list);
  for (int i = 0; i < 5; ++i)
    CHECK(b.pick().node == node_id{2});
  bool used = false;
  for (int i = 0; i < 20; ++i)
    used = used || b.pick().node == node_id{1};
  CHECK(used);
}

TEST_CASE("among unknown targets the gossiped level counts") {
  bench b{2};
  auto list = nodes(2);
  list[0].load_level = 15;
  b.core.set_targets(list);
  for (int i = 0; i < 10; ++i)
    CHECK(b.pick().node == node_id{2});
}

TEST_CASE("who stays keeps what is known of it, a new process starts anew, and late answers of who left are ignored") {
  bench b{2};
  b.takes = {{1, 500ms}, {2, 10ms}};
  b.serve(20);
  b.core.set_targets(nodes(3));
  CHECK(b.pick().node != node_id{1});
  const auto old = b.pick({.except = std::array{node_id{1}, node_id{3}}});
  REQUIRE(old.node == node_id{2});
  auto list = nodes(2);
  list[1].epoch = boot_epoch{2};
  b.core.set_targets(list);
  CHECK(b.core.outstanding(node_id{2}) == 0);
  b.core.answered(old, b.now + 10s);
  b.core.failed(old, b.now + 10s);
  CHECK(b.core.outstanding(node_id{2}) == 0);
  b.core.set_targets({});
  CHECK(b.core.size() == 0);
  b.core.abandoned(old, b.now);
  CHECK(b.core.outstanding(node_id{2}) == 0);
}

TEST_CASE("an end that comes twice counts once") {
  bench b{1};
  const auto a = b.pick();
  b.pick();
  b.core.answered(a, b.now + 1ms);
  b.core.answered(a, b.now + 2ms);
  b.core.failed(a, b.now + 3ms);
  CHECK(b.core.outstanding(node_id{1}) == 1);
}

TEST_CASE(
    "among more than the scan's limit two random ones are compared, and a fit one is found however few there are") {
  bench b{200};
  for (uint64_t i = 1; i <= 200; ++i)
    b.takes[i] = i <= 20 ? 200ms : 10ms;
  const auto served = b.serve(4'000);
  int slow = 0;
  for (uint64_t i = 1; i <= 20; ++i)
    slow += served.contains(i) ? served.at(i) : 0;
  CHECK(slow < 200); // random would be 400
  auto list = nodes(200);
  for (auto& target : list)
    target.offers.emplace();
  list[123].offers = {capability{5}};
  b.core.set_targets(list);
  for (int i = 0; i < 20; ++i)
    CHECK(b.pick({.needs = capability{5}}).node == node_id{124});
}

TEST_CASE("how long faults keep work away does not depend on the unit of work") {
  // A refusal is worth 0.2 s, a failure 1 s, of a latency of 10 ms a request: in requests, or in tokens of them.
  for (const uint32_t work : {1u, 30u, 3'000u}) {
    CAPTURE(work);
    for (const bool refusal : {true, false}) {
      CAPTURE(refusal);
      bench b{3};
      const auto ask = [&] {
        const auto where = b.pick({.work = work});
        b.core.answered(where, b.now += 10ms);
        return where.node;
      };
      for (int i = 0; i < 60; ++i)
        ask();
      const auto where = b.pick({.work = work});
      refusal ? b.core.refused(where, b.now += 1ms) : b.core.failed(where, b.now += 1ms);
      // Nothing waits anywhere, so it comes back when its penalty is below what is usual: 0.2 s or 1 s, fading by e in
      // 10 s.
      const auto told = b.now;
      for (int i = 0; i < 20'000 && ask() != where.node; ++i) {
      }
      const auto away = std::chrono::duration<double>(b.now - told).count();
      CHECK(away > (refusal ? 10 : 25));
      CHECK(away < (refusal ? 60 : 90));
    }
  }
}

TEST_CASE("an unknown node is given work by its weight, and weight 0 gets none unless all have it") {
  router_core core{{}};
  core.set_targets(
      {{.node = node_id{1}, .weight = 300}, {.node = node_id{2}, .weight = 100}, {.node = node_id{3}, .weight = 0}});
  for (int i = 0; i < 80; ++i)
    REQUIRE(core.pick({}, start));
  CHECK(core.outstanding(node_id{1}) == doctest::Approx(60).epsilon(0.05));
  CHECK(core.outstanding(node_id{2}) == doctest::Approx(20).epsilon(0.1));
  CHECK(core.outstanding(node_id{3}) == 0);
  core.set_targets({{.node = node_id{3}, .weight = 0}});
  CHECK(core.pick({}, start)->node == node_id{3});
}
