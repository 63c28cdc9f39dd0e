#include "tools/weft/durable_window.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace weft::cli;

namespace {

/// Takes one batch; what there is to take is there already.
std::vector<std::string> take(durable_window& window, uint64_t generation, durable_window::batch& taken) {
  std::vector<std::string> out;
  if (!window.take(
          generation, [&](const std::string& text) { out.push_back(text); }, taken))
    taken = {.first = 999, .items = 999, .is_last = false};
  return out;
}

void push_numbers(durable_window& window, int from, int to) {
  for (int i = from; i < to; ++i)
    REQUIRE(window.push(std::to_string(i)));
}

} // namespace

TEST_CASE("texts go out in batches with their places, and the last one says so") {
  durable_window window{{.batch_items_max = 3}};
  push_numbers(window, 0, 7);
  window.finish();
  const auto generation = window.resume(0);
  durable_window::batch batch;
  CHECK(take(window, generation, batch) == std::vector<std::string>{"0", "1", "2"});
  CHECK(batch.first == 0);
  CHECK_FALSE(batch.is_last);
  CHECK(take(window, generation, batch) == std::vector<std::string>{"3", "4", "5"});
  CHECK(batch.first == 3);
  CHECK(take(window, generation, batch) == std::vector<std::string>{"6"});
  CHECK(batch.first == 6);
  CHECK(batch.is_last);
  CHECK(window.is_stuck()); // only the node can go on
  take(window, generation, batch);
  CHECK(batch.items == 999);
}

TEST_CASE("a batch has bytes in bounds, but a larger text goes alone") {
  durable_window window{{.batch_bytes_max = 10}};
  for (const size_t bytes : {4, 6, 1, 50, 1})
    window.push(std::string(bytes, 'x'));
  const auto generation = window.resume(0);
  durable_window::batch batch;
  std::vector<size_t> sizes;
  for (int i = 0; i < 4; ++i)
    sizes.push_back(take(window, generation, batch).size());
  CHECK(sizes == std::vector<size_t>{2, 1, 1, 1});
}

TEST_CASE("what a job does not take is counted to its end, whatever its volume") {
  durable_window window{{.items_max = 2}};
  push_numbers(window, 0, 2);
  std::thread source{[&] {
    for (int i = 2; i < 50; ++i)
      window.push(std::to_string(i)); // the first of them waits for room
    window.finish();
  }};
  window.only_count();
  CHECK(window.wait_for_input(std::nullopt));
  source.join();
  CHECK(window.items_pushed() == 50);
  window.durable(50);
  CHECK_FALSE(window.is_short());
}

TEST_CASE("an input that does not end is waited for until the deadline, or until nobody wants it") {
  durable_window window{{}};
  push_numbers(window, 0, 2);
  CHECK_FALSE(window.wait_for_input(std::chrono::system_clock::now()));
  window.close();
  CHECK(window.wait_for_input(std::nullopt));
}

TEST_CASE("a new stream sends again what is not durable, and nothing else") {
  durable_window window{{.batch_items_max = 4}};
  push_numbers(window, 0, 8);
  durable_window::batch batch;
  const auto first = window.resume(0);
  take(window, first, batch);
  take(window, first, batch);
  window.durable(3);
  window.durable(2); // came late
  CHECK(window.items_durable() == 3);
  window.pause();
  take(window, first, batch);
  CHECK(batch.items == 999);            // its generation is over
  const auto second = window.resume(5); // the node has more than it told the last time
  CHECK(second != first);
  CHECK(take(window, second, batch) == std::vector<std::string>{"5", "6", "7"});
  CHECK(batch.first == 5);
  CHECK_FALSE(batch.is_last);
  window.finish();
  CHECK(take(window, second, batch).empty());
  CHECK(batch.first == 8);
  CHECK(batch.is_last);
}

TEST_CASE("a command that starts again reads past what is durable already") {
  for (const bool early : {true, false}) { // whether the node answered before the input was read
    CAPTURE(early);
    durable_window window{{}};
    uint64_t generation = early ? window.resume(5) : 0;
    push_numbers(window, 0, 7);
    if (!early)
      generation = window.resume(5);
    durable_window::batch batch;
    CHECK(take(window, generation, batch) == std::vector<std::string>{"5", "6"});
    CHECK(batch.first == 5);
    push_numbers(window, 7, 8);
    CHECK(take(window, generation, batch) == std::vector<std::string>{"7"});
    CHECK(window.items_pushed() == 8);
  }
}

TEST_CASE("a node that has less than was acknowledged is not trusted, and an input that is too short not completed") {
  durable_window window{{}};
  push_numbers(window, 0, 4);
  window.resume(3);
  CHECK(window.resume(2) == 0);
  CHECK(window.items_durable() == 3);
  CHECK(window.resume(3) != 0);

  durable_window other{{}};
  push_numbers(other, 0, 2);
  const auto generation = other.resume(3);
  other.finish();
  durable_window::batch batch;
  take(other, generation, batch);
  CHECK(batch.items == 999);
  CHECK(other.is_short());
  CHECK(other.closed());
}

TEST_CASE("a job without texts is completed at once") {
  durable_window window{{}};
  window.finish();
  durable_window::batch batch;
  CHECK(take(window, window.resume(0), batch).empty());
  CHECK(batch.items == 0);
  CHECK(batch.is_last);
}

TEST_CASE("the input waits while the window is full, in items or bytes, and goes on when texts are durable") {
  for (const durable_window::limits limits : {durable_window::limits{.items_max = 2}, {.bytes_max = 2}}) {
    durable_window window{limits};
    window.push("a");
    window.push("b");
    std::thread source{[&] {
      window.push("c");
      window.push("d");
      window.finish();
    }};
    const auto generation = window.resume(0);
    std::vector<std::string> all;
    durable_window::batch batch;
    while (window.take(
        generation, [&](const std::string& text) { all.push_back(text); }, batch)) {
      CHECK(all.size() <= window.items_durable() + 2);
      window.durable(all.size());
    }
    source.join();
    CHECK(all == std::vector<std::string>{"a", "b", "c", "d"});
  }
}

TEST_CASE("a window that is closed keeps nobody waiting") {
  durable_window window{{.items_max = 1}};
  window.push("a");
  const auto generation = window.resume(0);
  durable_window::batch batch;
  take(window, generation, batch);
  std::thread source{[&] { CHECK_FALSE(window.push("b")); }};
  std::thread writer{[&] {
    durable_window::batch none;
    while (window.take(
        generation, [](const std::string&) {}, none))
      ;
  }};
  window.close();
  source.join();
  writer.join();
}
