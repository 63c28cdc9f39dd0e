#pragma once

#include "actors/borrowed_turns.hpp"
#include "actors/interfaces.hpp"
#include "runtime/admission/admission.hpp"
#include "runtime/ports/call.hpp"

#include <memory>
#include <mutex>
#include <utility>

namespace weft {

/// The entrance: takes credit on the caller's thread, so a refusal costs no message, then sends the call to the
/// gateway of the moment, and runs the actors' first turns for it on the same thread where that is wanted. Thread-safe.
class door final : public ingress {
public:
  /// lender: the actors' system when the callers' threads may run actors (borrowed_turns), else null.
  explicit door(std::shared_ptr<admission> gate, caf::actor_system* lender = nullptr)
      : gate_(std::move(gate)), lender_(lender) {}

  void submit(call_ptr accepted) override {
    auto permit = gate_->admit(accepted->request());
    if (!permit)
      return accepted->fail(std::move(permit.error()));
    accepted->hold(std::move(*permit));
    // A gateway that has just died drops the message, and the call's last owner answers errc::unavailable.
    if (auto gateway = current())
      send_from_outside(lender_, gateway, std::move(accepted));
  }

  void lead_to(gateway_actor gateway) {
    std::lock_guard lock{mutex_};
    gateway_ = std::move(gateway);
  }

private:
  gateway_actor current() const {
    std::lock_guard lock{mutex_};
    return gateway_;
  }

  std::shared_ptr<admission> gate_;
  caf::actor_system* lender_;
  mutable std::mutex mutex_; ///< held for the copy of one pointer
  gateway_actor gateway_;
};

} // namespace weft
