#pragma once

#include "runtime/ports/engine.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace weft {

/// Work on points for an engine of a pool: what it is, and who is told. Answered exactly once, also when everybody lets
/// go of it: errc::unavailable. `done` is called on any thread and must only send a message.
class points_ask {
public:
  points_ask(engine_work points, std::function<void(engine_reply)> tell)
      : work(std::move(points)), done_(std::move(tell)) {}
  points_ask(const points_ask&) = delete;
  points_ask& operator=(const points_ask&) = delete;
  ~points_ask() { answer({failure{errc::unavailable, "the engine has gone"}, {}}); }

  void answer(engine_reply reply) {
    if (auto tell = std::exchange(done_, nullptr))
      tell(std::move(reply));
  }

  engine_work work; ///< moved out by whoever gives it to an engine

  // The pool's notes. Whoever has the ask in a message writes them; it goes from pool to worker to engine and back.
  uint64_t number = 0;
  uint64_t products = 0;           ///< multiply-adds (products_of())
  std::chrono::nanoseconds busy{}; ///< what it took the engine

private:
  std::function<void(engine_reply)> done_;
};

} // namespace weft
