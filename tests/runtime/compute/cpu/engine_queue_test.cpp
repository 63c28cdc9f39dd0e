#include "runtime/compute/cpu/engine_queue.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

namespace {

using namespace weft;

/// none when the piece has work, otherwise why not.
errc state(const engine_queue::piece& p) {
  const auto* refused = std::get_if<failure>(&p.work);
  return refused ? refused->code : errc::none;
}

} // namespace

TEST_CASE("pieces come out in the order in which they went in") {
  engine_queue queue(8);
  std::vector<int> order;
  for (int i = 0; i < 3; ++i)
    queue.push(embed_batch{}, [&order, i](const engine_reply&) { order.push_back(i); });
  for (int i = 0; i < 3; ++i)
    queue.pop()->done({failure{}, {}});
  CHECK(order == std::vector<int>{0, 1, 2});
}

TEST_CASE("work beyond the limit is refused as overloaded; room comes back as pieces go") {
  engine_queue queue(2);
  for (int i = 0; i < 3; ++i)
    queue.push(embed_batch{}, nullptr);
  CHECK(state(*queue.pop()) == errc::none);
  queue.push(embed_batch{}, nullptr);
  CHECK(state(*queue.pop()) == errc::none);
  CHECK(state(*queue.pop()) == errc::overloaded);
  CHECK(state(*queue.pop()) == errc::none);
}

TEST_CASE("a stopped queue answers what waits with unavailable, then ends") {
  engine_queue queue(2);
  for (int i = 0; i < 3; ++i)
    queue.push(embed_batch{}, nullptr);
  queue.stop();
  CHECK(state(*queue.pop()) == errc::unavailable);
  CHECK(state(*queue.pop()) == errc::unavailable);
  CHECK(state(*queue.pop()) == errc::overloaded);
  CHECK_FALSE(queue.pop());
}

TEST_CASE("stopping wakes the thread that waits") {
  engine_queue queue(1);
  bool ended = false;
  std::thread waiting([&] { ended = !queue.pop(); });
  queue.stop();
  waiting.join();
  CHECK(ended);
}

TEST_CASE("whoever waits for a moment is woken by a piece, and goes on without one") {
  using namespace std::chrono_literals;
  engine_queue queue(1);
  CHECK_FALSE(queue.wait_for(0us));
  bool woken = false;
  std::thread waiting([&] { woken = queue.wait_for(10min); });
  queue.push(embed_batch{}, nullptr);
  waiting.join();
  CHECK(woken);
  CHECK(queue.wait_for(0us)); // it still waits there
  CHECK(queue.try_pop());
  queue.stop();
  CHECK_FALSE(queue.wait_for(0us));
}
