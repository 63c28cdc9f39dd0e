#include "runtime/membership/broadcast_queue.hpp"
#include "tests/runtime/membership/claims.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace weft;

namespace {

std::vector<member_update> take(broadcast_queue& queue, uint32_t bytes = 100'000, uint32_t sends = 4) {
  std::vector<member_update> out;
  queue.take(bytes, sends, out);
  return out;
}

} // namespace

TEST_CASE("the queue holds one entry a subject, the newest") {
  broadcast_queue queue;
  for (uint32_t incarnation = 1; incarnation <= 5; ++incarnation)
    queue.push(claims::update({.node = 3, .incarnation = incarnation}));
  CHECK(queue.size() == 1);
  CHECK(take(queue).at(0).record.incarnation == 5);
}

TEST_CASE("news is sent so many times, then dropped; newer news starts over") {
  broadcast_queue queue;
  queue.push(claims::update({.node = 3}));
  for (int i = 0; i < 3; ++i)
    CHECK(take(queue).size() == 1);
  queue.push(claims::update({.node = 3, .incarnation = 2}));
  for (int i = 0; i < 4; ++i)
    CHECK(take(queue).size() == 1);
  CHECK(queue.empty());
  CHECK(take(queue).empty());
}

TEST_CASE("what was sent least goes first, and within the budget of bytes") {
  broadcast_queue queue;
  for (uint64_t node = 1; node <= 10; ++node)
    queue.push(claims::update({.node = node, .with_profile = false}));
  auto one = wire_bytes(claims::update({.with_profile = false}));
  std::map<node_id, int> seen;
  for (int message = 0; message < 10; ++message) {
    auto news = take(queue, 3 * one + one / 2, 20);
    CHECK(news.size() == 3);
    for (const auto& item : news)
      ++seen[item.record.node];
  }
  for (auto [node, times] : seen)
    CHECK(times == 3); // 30 places in ten messages for ten items
  CHECK(take(queue, one - 1, 20).empty());
}

TEST_CASE("a profile that is still on its way stays with the newer claim about the same process") {
  broadcast_queue queue;
  queue.push(claims::update({.node = 3, .with_profile = true}));
  queue.push(claims::update({.node = 3, .state = member_state::suspect, .with_profile = false}));
  CHECK(take(queue).at(0).record.profile != nullptr);
  queue.push(claims::update({.node = 3, .epoch = 2, .with_profile = false}));
  CHECK(take(queue).at(0).record.profile == nullptr);
}

TEST_CASE("load levels wait, unless they replace what is urgent") {
  broadcast_queue queue;
  queue.push(claims::update({.node = 3}), false);
  CHECK_FALSE(queue.urgent());
  queue.push(claims::update({.node = 4}), true);
  CHECK(queue.urgent());
  queue.push(claims::update({.node = 4, .incarnation = 2}), false);
  CHECK(queue.urgent());
  take(queue, 100'000, 1);
  CHECK_FALSE(queue.urgent());
  CHECK(queue.empty());
}

TEST_CASE("a thousand subjects come and go") {
  broadcast_queue queue;
  for (int round = 0; round < 3; ++round) {
    for (uint64_t node = 1; node <= 1'000; ++node)
      queue.push(claims::update({.node = node, .incarnation = static_cast<uint32_t>(round)}));
    CHECK(queue.size() == 1'000);
    size_t got = 0;
    while (!queue.empty())
      got += take(queue, 8'192, 2).size();
    CHECK(got == 2'000);
  }
}
