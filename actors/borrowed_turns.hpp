#pragma once

#include <caf/all.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace weft {

/// Runs actors on the thread that brings a message, instead of waking one of the scheduler's: a thread that wakes costs
/// more than all actors on the way of a call. What follows from the message runs here, too, up to `turns_max`; the rest
/// is handed to the scheduler, so a caller is never kept for long. CAF lets any thread resume an actor, one at a time.
/// Not for what takes long (it belongs to the scheduler), and not under a test coordinator (it would not see the
/// turns).
class borrowed_turns final : public caf::execution_unit {
public:
  /// A call takes six turns from the gateway to a worker, so this is a bound, not a budget.
  static constexpr size_t turns_max = 32;

  /// Messages that an actor handles in one turn.
  static constexpr size_t messages_a_turn = 8;

  /// Sends to an actor of `system` and runs the turns that follow. Nested (an actor's handler that comes here again),
  /// it leaves the turns to the outer one.
  template <class Handle, class... Ts>
  static void send(caf::actor_system& system, const Handle& target, Ts&&... values) {
    if (active_ != nullptr) {
      auto* host = &active_->system() == &system ? active_ : nullptr;
      target->eq_impl(caf::make_message_id(), nullptr, host, std::forward<Ts>(values)...);
      return;
    }
    borrowed_turns turns(system);
    target->eq_impl(caf::make_message_id(), nullptr, &turns, std::forward<Ts>(values)...);
    turns.run();
  }

  /// Sends without taking turns: whoever runs actors on this thread goes on with it, else the scheduler. For what
  /// actors call back (a call's answer).
  template <class Handle, class... Ts> static void send_along(const Handle& target, Ts&&... values) {
    auto* host = active_ != nullptr && &active_->system() == &target->home_system() ? active_ : nullptr;
    target->eq_impl(caf::make_message_id(), nullptr, host, std::forward<Ts>(values)...);
  }

  /// CAF: an actor has work. Its reference is ours from here on.
  void exec_later(caf::resumable* actor) override;

private:
  explicit borrowed_turns(caf::actor_system& system) : caf::execution_unit(&system) { active_ = this; }
  borrowed_turns(const borrowed_turns&) = delete;
  ~borrowed_turns() override { active_ = nullptr; }

  void run();
  void take_turn(caf::resumable* actor);

  static thread_local borrowed_turns* active_;

  std::array<caf::resumable*, turns_max> waiting_{}; ///< [first_, last_) have work
  size_t first_ = 0;
  size_t last_ = 0;
};

/// Sends from a thread that is not an actor's, which takes the turns where `lender` is not null.
template <class Handle, class... Ts>
void send_from_outside(caf::actor_system* lender, const Handle& target, Ts&&... values) {
  if (lender != nullptr)
    borrowed_turns::send(*lender, target, std::forward<Ts>(values)...);
  else
    caf::anon_send(target, std::forward<Ts>(values)...);
}

} // namespace weft
