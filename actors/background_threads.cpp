#include "actors/background_threads.hpp"

#include <utility>

namespace weft {

void background_threads::run(std::function<void()> task) {
  std::list<std::thread> ended;
  {
    std::lock_guard lock{mutex_};
    ended.swap(ended_);
    auto place = running_.emplace(running_.end());
    *place = std::thread{[this, place, work = std::move(task)]() mutable {
      work();
      work = nullptr; // letting go of what it holds may be the work
      std::lock_guard done{mutex_};
      ended_.splice(ended_.end(), running_, place);
      none_runs_.notify_all();
    }};
  }
  for (auto& thread : ended)
    thread.join(); // at its last instruction
}

void background_threads::join() {
  std::list<std::thread> ended;
  {
    std::unique_lock lock{mutex_};
    none_runs_.wait(lock, [this] { return running_.empty(); });
    ended.swap(ended_);
  }
  for (auto& thread : ended)
    thread.join();
}

} // namespace weft
