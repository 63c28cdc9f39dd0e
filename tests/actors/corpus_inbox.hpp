#pragma once

#include "runtime/jobs/corpus_effects.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

namespace weft::test {

/// What a node's JOB_KEEPER would hear. Thread-safe.
class corpus_inbox {
public:
  void put(corpus_event event) {
    const std::lock_guard hold(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }
  /// Waits for the next that is no step. REQUIRES: it is an Event.
  template <class Event> Event take() {
    std::unique_lock hold(mutex_);
    for (;;) {
      changed_.wait(hold, [&] { return !events_.empty(); });
      auto next = std::move(events_.front());
      events_.pop_front();
      if (auto* step = std::get_if<corpus_events::stepped>(&next)) {
        steps.push_back(*step);
        continue;
      }
      REQUIRE(std::holds_alternative<Event>(next));
      return std::get<Event>(std::move(next));
    }
  }
  std::vector<corpus_events::stepped> steps; ///< those that came before what was taken

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<corpus_event> events_;
};

} // namespace weft::test
