#include "actors/background_threads.hpp"

#include <utility>

namespace weft {
namespace {

void join_all(std::list<std::thread>& ended) {
  for (auto& thread : ended)
    thread.join(); // at its last instruction
}

} // namespace

void background_threads::run(std::function<void()> task) {
  std::list<std::thread> ended;
  {
    std::lock_guard lock{threads_->mutex};
    ended.swap(threads_->ended);
    std::list<std::thread> made(1);
    auto place = made.begin();
    // Its end waits for the mutex; where no thread can be made, nothing is left here.
    *place = std::thread{[all = threads_, place, work = std::move(task)]() mutable {
      work();
      work = nullptr; // letting go of what it holds may be the work
      std::lock_guard done{all->mutex};
      if (!place->joinable()) {
        all->left.erase(place);
        return;
      }
      all->ended.splice(all->ended.end(), all->running, place);
      all->none_runs.notify_all();
    }};
    threads_->running.splice(threads_->running.end(), made);
  }
  join_all(ended);
}

void background_threads::join() {
  std::list<std::thread> ended;
  {
    std::unique_lock lock{threads_->mutex};
    threads_->none_runs.wait(lock, [this] { return threads_->running.empty(); });
    ended.swap(threads_->ended);
  }
  join_all(ended);
}

size_t background_threads::leave(std::chrono::milliseconds wait_max) {
  std::list<std::thread> ended;
  size_t left = 0;
  {
    std::unique_lock lock{threads_->mutex};
    threads_->none_runs.wait_for(lock, wait_max, [this] { return threads_->running.empty(); });
    for (auto& thread : threads_->running)
      thread.detach();
    left = threads_->running.size();
    threads_->left.splice(threads_->left.end(), threads_->running);
    ended.swap(threads_->ended);
  }
  join_all(ended);
  return left;
}

} // namespace weft
