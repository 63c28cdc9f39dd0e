#include "runtime/batching/batch_queue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

using namespace weft;

namespace {

batch_item item(uint64_t call, uint32_t index, size_t tokens) {
  return {.call = call, .index = index, .sequence = {std::vector<int32_t>(tokens, 7), false}};
}

bool nobody(uint64_t) {
  return false;
}

/// Opens a call and pushes all its texts, `tokens` each.
void fill(batch_queue& queue, uint64_t call, priority level, uint32_t count, size_t tokens) {
  REQUIRE(queue.open(call, level, count, count * tokens) == errc::none);
  for (uint32_t i = 0; i < count; ++i)
    queue.push(item(call, i, tokens), tokens);
}

} // namespace

TEST_CASE("a batch holds as many items as its budget allows, in the order of the call") {
  struct row {
    uint64_t tokens_max;
    uint32_t items_max;
    size_t want;
  };
  for (auto [tokens_max, items_max, want] :
       {row{100, 100, 10}, row{99, 100, 9}, row{10, 100, 1}, row{1'000, 100, 20}, row{1'000, 4, 4}, row{1'000, 1, 1}}) {
    CAPTURE(tokens_max);
    batch_queue queue{{}};
    fill(queue, 1, priority::normal, 20, 10);
    auto taken = queue.take({tokens_max, items_max}, nobody);
    CHECK(taken.items.size() == want);
    CHECK(taken.tokens == want * 10);
    for (size_t i = 0; i < taken.items.size(); ++i)
      CHECK(taken.items[i].index == i);
    CHECK(queue.items() == 20 - want);
    CHECK(queue.tokens() == (20 - want) * 10);
  }
}

TEST_CASE("room is reserved for the whole call, and what does not fit is refused") {
  batch_queue queue{{.items_max = 10, .tokens_max = 100}};
  CHECK(queue.open(1, priority::normal, 6, 60) == errc::none);
  CHECK(queue.open(2, priority::normal, 5, 5) == errc::overloaded);
  CHECK(queue.open(2, priority::normal, 1, 41) == errc::overloaded);
  CHECK(queue.open(2, priority::normal, 4, 40) == errc::none);
  CHECK(queue.open(3, priority::high, 1, 1) == errc::overloaded);
  CHECK(queue.close(1) == 6);
  CHECK(queue.open(3, priority::high, 1, 1) == errc::none);
}

TEST_CASE("a text that has fewer tokens than its bound gives the rest of its room back") {
  batch_queue queue{{.items_max = 10, .tokens_max = 100}};
  REQUIRE(queue.open(1, priority::normal, 2, 100) == errc::none);
  queue.push(item(1, 0, 5), 50);
  CHECK(queue.tokens_held() == 55);
  CHECK(queue.items_held() == 2);
  queue.push(item(1, 1, 5), 50);
  CHECK(queue.tokens_held() == 10);
}

TEST_CASE("closing a call takes out all that waits of it, and nothing else") {
  batch_queue queue{{}};
  fill(queue, 1, priority::normal, 3, 10);
  fill(queue, 2, priority::normal, 3, 10);
  batch again;
  again.add(item(1, 7, 10));
  again.add(item(2, 7, 10));
  queue.push_retry(std::move(again));
  CHECK(queue.items() == 8);
  CHECK(queue.close(1) == 4);
  CHECK(queue.items() == 4);
  auto first = queue.take({}, nobody);
  auto second = queue.take({}, nobody);
  CHECK(first.items.size() == 1);
  CHECK(second.items.size() == 3);
  for (const auto& taken : {first, second})
    for (const auto& it : taken.items)
      CHECK(it.call == 2);
  CHECK(queue.close(2) == 0);
  CHECK(queue.items_held() == 0);
  CHECK(queue.tokens_held() == 0);
}

TEST_CASE("a call with 1024 texts does not delay one with a single text") {
  batch_queue queue{{}};
  fill(queue, 1, priority::normal, 1'024, 128);
  queue.take({.tokens_max = 1'024}, nobody);
  fill(queue, 2, priority::normal, 1, 128);
  auto taken = queue.take({.tokens_max = 1'024}, nobody);
  CHECK(taken.items.front().call == 2);
}

TEST_CASE("texts of jobs join a batch up to their own bound, and are left out where it is 0") {
  struct row {
    uint64_t bound;
    size_t jobs, calls; ///< texts taken
  };
  for (auto [bound, jobs, calls] : {row{UINT64_MAX, 8, 2}, row{30, 1, 2}, row{5, 0, 2}, row{0, 0, 2}}) {
    CAPTURE(bound);
    batch_queue queue{{}};
    fill(queue, 1, priority::batch, 20, 10);
    fill(queue, 2, priority::normal, 2, 10);
    CHECK(queue.foreground_items() == 2);
    CHECK(queue.foreground_tokens() == 20);
    const auto taken = queue.take({.tokens_max = 100, .background_tokens_max = bound}, nobody);
    CHECK(std::ranges::count(taken.items, 1u, &batch_item::call) == static_cast<std::ptrdiff_t>(jobs));
    CHECK(std::ranges::count(taken.items, 2u, &batch_item::call) == static_cast<std::ptrdiff_t>(calls));
    CHECK(queue.foreground_items() == 0);
    // What was passed over is still there.
    CHECK(queue.take({}, nobody).items.size() == 20 - jobs);
    CHECK(queue.items() == 0);
  }
}

TEST_CASE("a job's text that is longer than the bound goes alone, so that it does not wait for ever") {
  batch_queue queue{{}};
  fill(queue, 1, priority::batch, 2, 200);
  CHECK(queue.take({.tokens_max = 512, .background_tokens_max = 128}, nobody).items.size() == 1);
  CHECK(queue.take({.tokens_max = 512, .background_tokens_max = 0}, nobody).items.empty());
  CHECK(queue.close(1) == 1);
  CHECK(queue.foreground_items() == 0);
  CHECK(queue.items_held() == 0);
}

TEST_CASE("a call is done as a whole before the next of its size begins") {
  batch_queue queue{{}};
  for (uint64_t call : {1, 2, 3})
    fill(queue, call, priority::normal, 20, 100);
  for (uint64_t call : {1, 2, 3})
    for (const auto& it : queue.take({.tokens_max = 2'000}, nobody).items)
      CHECK(it.call == call);
}

TEST_CASE("what has to be computed until a call would be done counts those that go before it") {
  batch_queue queue{{}};
  CHECK(queue.cost_until_done(priority::normal, 100) == 100);
  fill(queue, 1, priority::normal, 10, 10);   // as dear
  fill(queue, 2, priority::normal, 1, 10);    // cheaper
  fill(queue, 3, priority::normal, 100, 100); // far dearer: a quarter, if it is the oldest
  CHECK(queue.cost_until_done(priority::normal, 100) == 210 + 210 / 3);
  CHECK(queue.cost_until_done(priority::normal, 10) == 20 + 20 / 3);
  CHECK(queue.cost_left(1) == 100);
  fill(queue, 4, priority::high, 1, 50);      // all of it
  fill(queue, 5, priority::batch, 1'000, 10); // a quarter of what is given to us
  CHECK(queue.cost_until_done(priority::normal, 100) == 280 + 50 + 280 / 4);
  queue.take({.tokens_max = 70}, nobody); // 4 (50), 2 (10), a text of 1
  CHECK(queue.cost_left(1) + queue.cost_left(2) + queue.cost_left(4) + queue.cost_left(5) <= 100 + 10'000);
  for (uint64_t call : {1, 2, 3, 4, 5})
    queue.close(call);
  CHECK(queue.cost_until_done(priority::batch, 7) == 7);
}

TEST_CASE("a call that has ended is passed over and named, and its owner closes it") {
  batch_queue queue{{}};
  fill(queue, 1, priority::high, 3, 10);
  fill(queue, 2, priority::normal, 3, 10);
  auto taken = queue.take({}, [](uint64_t call) { return call == 1; });
  CHECK(taken.items.size() == 3);
  CHECK(taken.items.front().call == 2);
  CHECK(queue.close(1) == 3);
  CHECK(queue.items() == 0);
}

TEST_CASE("what is computed again comes first, alone, and within limits that have shrunk since") {
  batch_queue queue{{}};
  fill(queue, 1, priority::high, 3, 10);
  batch again;
  for (uint32_t i = 0; i < 4; ++i)
    again.add(item(1, 10 + i, 10));
  queue.push_retry(std::move(again));
  auto first = queue.take({.tokens_max = 30}, nobody);
  CHECK(first.items.size() == 3);
  CHECK(first.items.front().index == 10);
  CHECK(queue.take({.tokens_max = 30}, nobody).items.front().index == 13);
  CHECK(queue.take({.tokens_max = 30}, nobody).items.front().index == 0);
  CHECK(queue.items() == 0);
}

TEST_CASE("with random calls no batch passes its budget, and every item comes out once") {
  for (uint32_t seed : {1u, 2u, 3u, 4u, 5u}) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    auto pick = [&](uint32_t low, uint32_t high) { return std::uniform_int_distribution<uint32_t>{low, high}(random); };
    batch_queue queue{{.items_max = 400, .tokens_max = 20'000}};
    std::map<std::pair<uint64_t, uint32_t>, int> seen;
    std::map<uint64_t, uint64_t> dropped;
    uint64_t call = 0, pushed = 0, gone = 0;
    for (int step = 0; step < 2'000; ++step) {
      auto what = pick(0, 9);
      if (what < 5) {
        auto count = pick(1, 40);
        auto bound = pick(2, 256);
        if (queue.open(++call, static_cast<priority>(pick(0, 2)), count, uint64_t{count} * bound) != errc::none) {
          CHECK((queue.items_held() + count > 400 || queue.tokens_held() + uint64_t{count} * bound > 20'000));
          continue;
        }
        for (uint32_t i = 0; i < count; ++i)
          queue.push(item(call, i, pick(2, bound)), bound);
        pushed += count;
      } else if (what < 9) {
        const batch_limits limits{pick(256, 2'048), pick(1, 64)};
        auto taken = queue.take(limits, nobody);
        CHECK(taken.tokens <= limits.tokens_max);
        CHECK(taken.items.size() <= limits.items_max);
        for (const auto& it : taken.items)
          CHECK(++seen[{it.call, it.index}] == 1);
      } else if (call > 0) {
        auto victim = pick(1, static_cast<uint32_t>(call));
        if (queue.is_open(victim))
          gone += queue.close(victim);
      }
      CHECK(queue.items_held() <= 400);
      CHECK(queue.tokens_held() <= 20'000);
    }
    while (queue.ready())
      for (const auto& it : queue.take({.tokens_max = 512}, nobody).items)
        CHECK(++seen[{it.call, it.index}] == 1);
    CHECK(seen.size() + gone == pushed);
    CHECK(queue.tokens() == 0);
  }
}
