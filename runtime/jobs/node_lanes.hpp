#pragma once

#include "runtime/jobs/jobs_state.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <vector>

namespace weft {

/// The records on their way to each other node. What waits for a node travels together in one keep_records, several of
/// these at a time: one segment alone goes at once, and many small ones cost few requests. Whoever sends hears exactly
/// once what became of it: errc::overloaded when too much waits for the node (lane_bytes_max). Part of jobs_core; not
/// thread-safe.
class node_lanes {
public:
  using taken = std::function<void(const status&)>; ///< ok: synced there

  explicit node_lanes(jobs_state& state) : state_(state) {}

  void send(node_id to, segment_record segment, taken done);
  /// The header as it is when it leaves; several of one job that wait together are one.
  void tell(node_id to, job_id header, taken done = {});
  /// Sends what can be sent; after every event.
  void pump();
  /// What waits for nodes that are not live any more fails.
  void members_changed();
  /// When pump() may have something that it does not have now.
  std::optional<time_point> next_wake() const;

  /// It failed lately: it is not the place for a copy that can go elsewhere.
  bool is_troubled(node_id node) const;
  uint64_t bytes_sent() const noexcept { return bytes_sent_; } ///< of segments, that were taken
  uint64_t bytes_waiting() const noexcept;                     ///< of segments, for all nodes

private:
  struct parcel_segment {
    segment_record segment;
    taken done;
  };
  struct lane {
    std::deque<parcel_segment> segments;
    std::map<job_id, std::vector<taken>> headers;
    uint64_t bytes = 0; ///< of waiting segments
    uint32_t flying = 0;
    uint32_t failures = 0;   ///< in a row
    time_point not_before{}; ///< the pause after a failure

    bool empty() const noexcept { return segments.empty() && headers.empty(); }
  };
  void send_parcel(node_id to, lane& from);
  void ended(node_id to, const status& outcome);
  static void fail(lane& what, const failure& reason);

  jobs_state& state_;
  std::map<node_id, lane> lanes_;
  uint64_t bytes_sent_ = 0;
};

} // namespace weft
