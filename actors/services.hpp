#pragma once

#include "actors/load_board.hpp"
#include "runtime/base/result.hpp"
#include "runtime/ports/meter.hpp"

#include <caf/fwd.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace weft {

/// Runs a task on a thread that is not an actor's, where it may take its time (opening a model, making or joining an
/// engine). Thread-safe. The composition root decides which thread; tests run it in place. A task must not throw.
using background = std::function<void(std::function<void()>)>;

/// For tasks that end in a result: whatever is thrown (memory, threads, files) becomes errc::model_unusable.
template <class Task> auto never_throwing(const Task& task) -> decltype(task()) {
  try {
    return task();
  } catch (const std::exception& e) {
    return failure{errc::model_unusable, e.what()};
  }
}

/// What every actor may use besides sending messages. Nothing in it is null but where it says so.
struct tree_services {
  std::shared_ptr<weft::meter> meter;
  std::function<void(std::string_view level, std::string_view actor, std::string_view text)> log;
  background aside;
  /// For send_from_outside(): the system when other threads may run actors (borrowed_turns.hpp), else null.
  caf::actor_system* lender = nullptr;
  std::shared_ptr<load_board> loads = std::make_shared<load_board>();
  /// As `aside`, for ranks of corpora: what they do may hang in a driver, so nobody waits for such a thread for good.
  /// Null: aside.
  background for_ranks = {};
};
using services_ptr = std::shared_ptr<const tree_services>;

} // namespace weft
