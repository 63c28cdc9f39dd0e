#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/job_request.hpp"
#include "runtime/ports/cluster_view.hpp"

#include <chrono>
#include <functional>

namespace weft {

/// The way to the job keepers of other nodes. Thread-safe, never blocks. `done` is called exactly once, on any thread
/// or before the call returns, and must only send a message; the answer is the one that belongs to the request.
/// Errors: errc::unavailable (gone, unreachable, keeps no jobs), overloaded, deadline_exceeded, invalid_argument,
/// storage_full, storage_failed.
class job_link {
public:
  using answer_done = std::function<void(result<job_answer>)>;

  virtual ~job_link() = default;
  virtual void ask(const cluster_member& to, job_request request, std::chrono::milliseconds within,
                   answer_done done) = 0;
};

} // namespace weft
