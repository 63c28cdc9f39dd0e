#include "runtime/compute/collective/close_aside.hpp"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace weft {
namespace {

struct closings {
  std::mutex mutex;
  std::condition_variable changed;
  size_t running = 0;
};

/// Never destroyed: what hangs may end after everything else has.
closings& all_closings() {
  static auto* const all = new closings;
  return *all;
}

} // namespace

bool end_aside(std::function<void()> end, std::chrono::milliseconds wait_max) {
  auto& all = all_closings();
  const auto done = std::make_shared<bool>(false); // under the mutex
  {
    const std::lock_guard lock{all.mutex};
    ++all.running;
  }
  const auto run = [&all, done](std::function<void()>& work) {
    work();
    work = nullptr; // letting go of what it holds is a part of it
    const std::lock_guard lock{all.mutex};
    --all.running;
    *done = true;
    all.changed.notify_all();
  };
  std::thread closer;
  try {
    closer = std::thread([run, end]() mutable { run(end); });
  } catch (const std::system_error&) {
    run(end);
    return true;
  }
  end = nullptr; // it is the thread's
  std::unique_lock lock{all.mutex};
  const bool in_time = all.changed.wait_for(lock, wait_max, [&] { return *done; });
  lock.unlock();
  if (in_time)
    closer.join();
  else
    closer.detach();
  return in_time;
}

size_t closings_left(std::chrono::milliseconds wait_max) {
  auto& all = all_closings();
  std::unique_lock lock{all.mutex};
  all.changed.wait_for(lock, wait_max, [&] { return all.running == 0; });
  return all.running;
}

size_t closings_left(std::chrono::milliseconds wait_max, device_ranks* devices) {
  const auto begin = std::chrono::steady_clock::now();
  const auto left = closings_left(wait_max);
  if (!devices)
    return left;
  const auto waited = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  return left + devices->threads_left(std::max(wait_max - waited, std::chrono::milliseconds{0}));
}

} // namespace weft
