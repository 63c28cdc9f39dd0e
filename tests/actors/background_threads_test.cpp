#include "actors/background_threads.hpp"

#include <doctest/doctest.h>

#include <future>
#include <memory>

using namespace weft;
using namespace std::chrono_literals;

TEST_CASE("a task that hangs is left to itself, and ends when it can") {
  const auto gate = std::make_shared<std::promise<void>>();
  const auto gone = std::make_shared<std::promise<void>>();
  auto ended = gone->get_future();
  {
    background_threads threads;
    threads.run([gate, gone] {
      gate->get_future().wait();
      gone->set_value();
    });
    CHECK(threads.leave(10ms) == 1);
  } // does not wait either
  CHECK(ended.wait_for(0s) == std::future_status::timeout);
  gate->set_value();
  CHECK(ended.wait_for(30s) == std::future_status::ready);
}

TEST_CASE("tasks that end in time are waited for, and none is left") {
  background_threads threads;
  int done = 0;
  threads.run([&] { ++done; });
  CHECK(threads.leave(30s) == 0);
  CHECK(done == 1);
}
