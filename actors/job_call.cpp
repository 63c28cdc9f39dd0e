#include "actors/job_call.hpp"

namespace weft {

job_call::~job_call() {
  if (!answered())
    tell(failure{errc::unavailable, "the call was lost inside the node"});
}

void job_call::tell(result<embed_result> outcome) noexcept {
  // To the scheduler's threads: the keeper's work is never done on a thread that a call has borrowed.
  caf::anon_send(keeper_, computed_atom_v, run_, std::make_shared<result<embed_result>>(std::move(outcome)));
}

} // namespace weft
