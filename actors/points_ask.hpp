#pragma once

#include "runtime/ports/engine.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace weft {

/// Work on points for an engine of a pool: what it is, and who is told. Answered exactly once, also when everybody lets
/// go of it: errc::unavailable. `done` is called on any thread and must only send a message.
class points_ask {
public:
  /// on: engine_info::device; only that engine may do it, which may keep shared points for the next ask. Empty:
  /// whichever is done with it first.
  points_ask(engine_work points, std::function<void(engine_reply)> tell, std::string on = {})
      : work(std::move(points)), device(std::move(on)), done_(std::move(tell)) {}
  points_ask(const points_ask&) = delete;
  points_ask& operator=(const points_ask&) = delete;
  ~points_ask() { answer({failure{errc::unavailable, "the engine has gone"}, {}}); }

  bool answered() const noexcept { return done_ == nullptr; }
  void answer(engine_reply reply) {
    if (auto tell = std::exchange(done_, nullptr))
      tell(std::move(reply));
  }

  engine_work work; ///< moved out by whoever gives it to an engine, unless a device may be lost with it
  const std::string device;

  // The pool's notes. Whoever has the ask in a message writes them; it goes from pool to worker to engine and back.
  uint64_t number = 0;
  uint64_t products = 0;           ///< multiply-adds (products_of())
  std::chrono::nanoseconds busy{}; ///< what it took the engine
  bool device_lost = false;        ///< before it was done; not answered then, if the work is still here
  bool begun = false;              ///< an engine has it: that answers, or says that its device was lost
  uint32_t losses = 0;             ///< devices that were lost with it

private:
  std::function<void(engine_reply)> done_;
};

} // namespace weft
