#include "runtime/compute/collective/close_aside.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <memory>

using namespace weft;
using namespace std::chrono_literals;

namespace {

/// Its end waits until it may go on.
struct stuck {
  std::shared_ptr<std::latch> may_end;
  std::shared_ptr<std::atomic<bool>> ended;
  ~stuck() {
    may_end->wait();
    *ended = true;
  }
};

/// Remembers how long it may take.
struct asked_devices final : device_ranks {
  std::chrono::milliseconds wait_max{-1};
  uint64_t device_identity() const noexcept override { return 1; }
  result<device_group_id> make_id() override { return device_group_id{}; }
  result<std::unique_ptr<device_place>> take_place() override { return failure{errc::unavailable, "no place"}; }
  size_t threads_left(std::chrono::milliseconds limit) override {
    wait_max = limit;
    return 2;
  }
};

} // namespace

TEST_CASE("an end that hangs is left aside, counted until it is done, and holds up no other") {
  const auto may_end = std::make_shared<std::latch>(1);
  const auto ended = std::make_shared<std::atomic<bool>>(false);
  CHECK_FALSE(close_aside(std::unique_ptr<stuck>(new stuck{may_end, ended}), 1ms));
  CHECK(closings_left(0ms) == 1);
  CHECK(close_aside(std::make_unique<int>(1), 10s));
  CHECK(close_aside(std::unique_ptr<int>{}, 0ms));
  CHECK(closings_left(0ms) == 1);
  may_end->count_down();
  CHECK(closings_left(10s) == 0);
  CHECK(*ended);
}

TEST_CASE("the devices' threads have the time that the ends before them have left") {
  const auto may_end = std::make_shared<std::latch>(1);
  const auto ended = std::make_shared<std::atomic<bool>>(false);
  asked_devices devices;
  CHECK(closings_left(10s, nullptr) == 0);
  CHECK(closings_left(10min, &devices) == 2);
  CHECK(devices.wait_max > 0ms);
  CHECK(devices.wait_max <= 10min);
  CHECK_FALSE(close_aside(std::unique_ptr<stuck>(new stuck{may_end, ended}), 1ms));
  CHECK(closings_left(20ms, &devices) == 3);
  CHECK(devices.wait_max == 0ms);
  may_end->count_down();
  CHECK(closings_left(10s) == 0);
}
