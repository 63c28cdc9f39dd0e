#pragma once

#include "actors/messages.hpp"
#include "runtime/ports/call.hpp"

#include <cstdint>
#include <memory>
#include <utility>

namespace weft {

/// Part of what an actor works on (items of a job, sentences of a text), behind the call port, so that it takes the way
/// of any call: cache, router, batches, retries. The answer, whatever it is, goes to the actor as a message with the
/// part's number; also when everybody lets go of it.
template <class Handle> class part_call final : public call {
public:
  part_call(weft::context context, embed_request request, Handle owner, uint64_t number)
      : call(std::move(context), std::move(request)), owner_(std::move(owner)), number_(number) {}
  ~part_call() override {
    if (!answered())
      tell(failure{errc::unavailable, "the call was lost inside the node"});
  }

private:
  void on_reply(embed_result&& value) noexcept override { tell(std::move(value)); }
  void on_fail(failure&& reason) noexcept override { tell(std::move(reason)); }
  void tell(result<embed_result> outcome) noexcept {
    // To the scheduler's threads: the owner's work is never done on a thread that a call has borrowed.
    caf::anon_send(owner_, computed_atom_v, number_, std::make_shared<result<embed_result>>(std::move(outcome)));
  }

  const Handle owner_;
  const uint64_t number_;
};

} // namespace weft
