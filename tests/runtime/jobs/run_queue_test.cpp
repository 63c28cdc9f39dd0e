#include "runtime/jobs/run_queue.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace weft;
using namespace std::chrono_literals;

namespace {

constexpr time_point start = time_point{} + 1h;

queued_segment segment(uint64_t job, uint32_t index, priority priority = priority::normal, bool taken_over = false) {
  queued_segment made;
  made.id = {{job, job}, index};
  made.priority = priority;
  made.created = wall_time{std::chrono::milliseconds{job}};
  made.taken_over = taken_over;
  return made;
}

/// "JOB.INDEX" of what comes next, until nothing does.
std::vector<std::string> order_of(run_queue& queue, bool frozen = false, time_point now = start) {
  std::vector<std::string> order;
  while (const auto next = queue.next(frozen, now))
    order.push_back(std::to_string(next->id.job.low) + "." + std::to_string(next->id.index));
  return order;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("jobs of one priority take turns from the eldest on, each with its first segment") {
  run_queue queue;
  for (uint32_t index : {3, 0, 2, 1})
    queue.put(segment(7, index));
  queue.put(segment(9, 5));
  queue.put(segment(8, 1));
  queue.put(segment(8, 0));
  CHECK(queue.size() == 7);
  CHECK(order_of(queue) == names{"7.0", "8.0", "9.5", "7.1", "8.1", "7.2", "7.3"});
  CHECK(queue.size() == 0);
}

TEST_CASE("a higher priority goes first, and a turn is not lost by it") {
  run_queue queue;
  queue.put(segment(1, 0, priority::batch));
  queue.put(segment(2, 0));
  queue.put(segment(2, 1));
  queue.put(segment(3, 0));
  CHECK(queue.next(false, start)->id.job.low == 2);
  queue.put(segment(4, 0, priority::high));
  CHECK(order_of(queue) == names{"4.0", "3.0", "2.1", "1.0"});
}

TEST_CASE("a small job that comes later does not wait for a huge one") {
  run_queue queue;
  for (uint32_t index = 0; index < 1'000; ++index)
    queue.put(segment(1, index));
  CHECK(queue.next(false, start)->id.job.low == 1);
  queue.put(segment(2, 0));
  CHECK(queue.next(false, start)->id.job.low == 2);
}

TEST_CASE("nothing that is taken over comes while frozen, the rest does") {
  run_queue queue;
  queue.put(segment(1, 0, priority::normal, true));
  queue.put(segment(1, 1));
  queue.put(segment(2, 0, priority::normal, true));
  CHECK(order_of(queue, true) == names{"1.1"});
  CHECK(queue.size() == 2);
  CHECK(order_of(queue, false) == names{"2.0", "1.0"});
}

TEST_CASE("a job that rests lets others go first, and its rest ends") {
  run_queue queue;
  queue.put(segment(1, 0));
  queue.put(segment(2, 0));
  queue.rest({1, 1}, start + 1s);
  CHECK(queue.next_rest_end(start) == start + 1s);
  CHECK(order_of(queue) == names{"2.0"});
  CHECK(queue.next_rest_end(start + 1s) == std::nullopt);
  CHECK(order_of(queue, false, start + 1s) == names{"1.0"});
}

TEST_CASE("what is taken out is gone, and what is put again is there once, as it is now") {
  run_queue queue;
  queue.put(segment(1, 0));
  queue.put(segment(1, 0, priority::high));
  queue.put(segment(1, 1, priority::high));
  queue.put(segment(2, 0, priority::normal));
  CHECK(queue.size() == 3);
  CHECK(queue.contains({{1, 1}, 0}));
  CHECK(queue.take({{1, 1}, 1}).has_value());
  CHECK(!queue.take({{1, 1}, 1}).has_value());
  CHECK(!queue.contains({{1, 1}, 1}));
  queue.remove_job({2, 2});
  CHECK(order_of(queue) == names{"1.0"});
}
