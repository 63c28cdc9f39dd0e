#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/time.hpp"
#include "runtime/jobs/jobs_options.hpp"
#include "runtime/ports/job_link.hpp"
#include "runtime/ports/job_log.hpp"
#include "runtime/ports/rank_carrier.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

namespace weft {

/// How a node keeps jobs, and with what.
struct job_options {
  node_id self{};
  jobs_options core;
  std::shared_ptr<job_log> log;        ///< null: this node keeps no jobs, and says so to who asks
  std::shared_ptr<job_link> link;      ///< to other nodes; null: there are none
  std::shared_ptr<rank_carrier> ranks; ///< ranks of corpus jobs join by it; null: there are no other nodes
  /// Calendar time. Null: counted from the actors' clock, for tests.
  std::function<wall_time()> now;
  std::chrono::milliseconds retry_after{100}; ///< of a run that the node is too busy for; doubles each time
  std::chrono::milliseconds retry_after_max{5'000};
  /// Called on the way of an acknowledgement, with "log_written", "replica_kept", "client_told" or "run_ended", before
  /// the keeper goes on: tests end the process there. Null: nothing.
  std::function<void(std::string_view place)> failpoint;
  uint32_t exchanges_max = 1'024; ///< other nodes' questions that wait for an answer; then errc::overloaded
};

} // namespace weft
