#pragma once

#include "runtime/ports/engine.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <variant>

namespace weft {

/// What waits for an engine's thread: any thread pushes, that one pops. Every piece comes out exactly once, in order; a
/// piece that will not be computed comes out with the reason instead of its work, so that all answers are given on the
/// engine's thread.
class engine_queue {
public:
  struct piece {
    std::variant<engine_work, failure> work;
    std::function<void(engine_reply)> done;
  };

  /// `work_max` pieces may wait; those beyond lose their work at once and come out with errc::overloaded.
  explicit engine_queue(size_t work_max) : work_max_(work_max) {}

  void push(engine_work work, std::function<void(engine_reply)> done);

  /// From now on pieces come out with errc::unavailable.
  void stop();

  /// Waits for a piece; nothing once the queue is stopped and empty.
  std::optional<piece> pop();

  /// A piece, or nothing where none waits.
  std::optional<piece> try_pop();

  /// Until a piece waits, or for `at_most` (of a stopped queue too). Whether one waits.
  bool wait_for(std::chrono::microseconds at_most);

private:
  std::optional<piece> take_first(); ///< REQUIRES: mutex_ is held
  const size_t work_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<piece> pieces_;
  size_t work_waiting_ = 0;
  bool stopped_ = false;
};

} // namespace weft
