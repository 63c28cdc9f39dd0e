#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/job_id.hpp"
#include "runtime/ports/collective.hpp"

#include <memory>
#include <string>
#include <vector>

namespace weft {

/// One rank of a communicator between nodes, as the rank's own node knows it. seat_of() (runtime/device_group) makes
/// one of a formation and the members.
struct rank_seat {
  job_id job;                           ///< whose communicator: epochs are counted by job. Zero: no job's
  collective_group group{};             ///< the epoch, this rank of how many, and the formation's fingerprint
  std::vector<std::string> addresses{}; ///< [ranks], HOST:PORT: cluster_member::data_address of each rank's node
};

/// The way of this node's ranks to those of other nodes. One a node; thread-safe.
class rank_carrier {
public:
  virtual ~rank_carrier() = default;

  /// This rank's end of the communicator. Never blocks: whoever is not there yet is waited for by the first verb,
  /// within its patience, and for some seconds at most. A place is taken once: who failed comes back in a higher epoch.
  /// An end outlives its carrier, but is of no more use then: its verbs fail with errc::unavailable.
  /// Errors: errc::invalid_argument (no such rank, an address missing), errc::unavailable (the node is stopping).
  /// REQUIRES: seat.addresses.size() == seat.group.ranks.
  virtual result<std::unique_ptr<collective>> join(const rank_seat& seat) = 0;
};

} // namespace weft
