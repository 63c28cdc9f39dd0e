#include "runtime/membership/identity_checks.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace std::chrono_literals;

namespace {

using finding = identity_checks::finding;

/// Node 7, whose process of epoch 1 is in doubt from `now` on.
struct fixture {
  fixture() { CHECK(claim() == finding::pending); }
  finding claim() { return checks.claimed(node_id{7}, boot_epoch{1}, now); }
  /// How often the process is asked until that much later, and how often for the first time.
  std::pair<int, int> asked(duration time) {
    int all = 0, firsts = 0;
    const auto end = now + time;
    while (checks.next() <= end) {
      now = std::max(now, checks.next());
      checks.tick(now, [&](node_id node, bool first) {
        CHECK(node == node_id{7});
        ++all;
        firsts += first;
      });
    }
    now = end;
    return {all, firsts};
  }

  time_point now = time_point{} + 1h;
  identity_checks checks{500ms, 4s};
};

} // namespace

TEST_CASE("a process that answers keeps its id, as often as it is asked") {
  fixture test;
  for (int i = 0; i < 3; ++i) {
    CHECK(test.asked(100ms) == std::pair{1, 1});
    test.checks.answered(node_id{7}, boot_epoch{1});
    CHECK(test.asked(4s) == std::pair{0, 0});
    test.now += 1s;
    CHECK(test.claim() == finding::taken);
  }
}

TEST_CASE("a silent process is asked eight times in 4 s, and only then its id is free") {
  fixture test;
  CHECK(test.asked(3'900ms) == std::pair{8, 1});
  CHECK(test.claim() == finding::pending);
  test.now += 100ms;
  CHECK(test.claim() == finding::free);
  CHECK(test.claim() == finding::pending); // the next one begins anew
}

TEST_CASE("an answer counts until the end, also after a silence or a refused connection") {
  for (bool refused : {false, true}) {
    CAPTURE(refused);
    fixture test;
    test.now += 5s;
    if (refused)
      test.checks.refused(node_id{7});
    test.checks.answered(node_id{7}, boot_epoch{1});
    CHECK(test.claim() == finding::taken);
  }
}

TEST_CASE("where nobody listens the id is free at once") {
  fixture test;
  test.checks.refused(node_id{8});
  CHECK(test.claim() == finding::pending);
  test.checks.refused(node_id{7});
  CHECK(test.claim() == finding::free);
}

TEST_CASE("what was found of a process says nothing of the next one") {
  fixture test;
  test.checks.refused(node_id{7});
  test.checks.answered(node_id{7}, boot_epoch{2});
  CHECK(test.checks.claimed(node_id{7}, boot_epoch{2}, test.now) == finding::pending);
  CHECK(test.claim() == finding::pending);
}

TEST_CASE("a stall of our own is not the silence of another") {
  fixture test;
  test.asked(1s);
  test.now += 60s;
  test.checks.postpone(60s);
  CHECK(test.claim() == finding::pending);
}

TEST_CASE("checks are bounded in number and in time") {
  identity_checks checks{500ms, 4s};
  const auto now = time_point{} + 1h;
  for (uint64_t node = 1; node <= 2 * identity_checks::checks_max; ++node)
    checks.claimed(node_id{node}, boot_epoch{1}, now);
  size_t asked = 0;
  checks.tick(now, [&](node_id, bool) { ++asked; });
  CHECK(asked == identity_checks::checks_max);
  checks.tick(now + identity_checks::keep, [](node_id, bool) { FAIL("too old"); });
  CHECK(checks.next() == time_point::max());
}
