#include "actors/borrowed_turns.hpp"

#include <caf/scheduler/abstract_coordinator.hpp>

namespace weft {

thread_local borrowed_turns* borrowed_turns::active_ = nullptr;

void borrowed_turns::exec_later(caf::resumable* actor) {
  if (last_ < waiting_.size())
    waiting_[last_++] = actor;
  else
    system().scheduler().enqueue(actor);
}

void borrowed_turns::run() {
  while (first_ < last_)
    take_turn(waiting_[first_++]);
}

void borrowed_turns::take_turn(caf::resumable* actor) {
  switch (actor->resume(this, messages_a_turn)) {
  case caf::resumable::resume_later:
    return exec_later(actor);
  case caf::resumable::awaiting_message: // whoever sends it the next one takes a reference of their own
  case caf::resumable::done:
  case caf::resumable::shutdown_execution_unit: // only the scheduler's own threads are told this
    caf::intrusive_ptr_release(actor);
  }
}

} // namespace weft
