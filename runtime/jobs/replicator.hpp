#pragma once

#include "runtime/jobs/jobs_state.hpp"
#include "runtime/jobs/node_lanes.hpp"
#include "runtime/jobs/record_keeper.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace weft {

/// How safe a record has to become.
struct copy_goal {
  job_durability durability;
  /// Fewer than `synced` copies by then: it fails. Empty: it is tried as long as the job goes on.
  std::optional<time_point> give_up{};
  std::vector<node_id> holders{}; ///< that have it already
};

/// Makes records safe: gives a segment to its owners, counts who has synced it (this node's log, too), and asks the
/// next-ranked live node to stand in for one that fails or takes longer than keep_within. `done` is called once, when
/// `synced` nodes have it; the further copies follow, and are left to repair when nobody takes them. A header is given
/// to all live nodes. Part of jobs_core; not thread-safe.
class replicator {
public:
  using safe = std::function<void(status)>;

  replicator(jobs_state& state, record_keeper& keeper, node_lanes& lanes)
      : state_(state), keeper_(keeper), lanes_(lanes) {}

  /// Errors: errc::no_quorum; storage_full, storage_failed when that is why.
  void secure(segment_record segment, copy_goal goal, safe done);
  /// The header as this node's table has it; `copies` does not matter: every live node is told.
  void secure(job_id header, copy_goal goal, safe done);
  /// Makes this change of a header known here, and tells all live nodes; `done` as in secure().
  void publish(job_header header, copy_goal goal, safe done);
  /// Nobody waits for it; what does not arrive is repaired.
  void publish(job_header header);

  void members_changed();
  void tick();
  std::optional<time_point> next_wake() const;

  uint64_t bytes_waiting() const noexcept { return bytes_; } ///< of bodies held here
  /// Of these, of results that are not safe yet: while there are many no new runs should start.
  uint64_t unsafe_result_bytes() const noexcept { return unsafe_result_bytes_; }

private:
  struct asked_node {
    node_id node{};
    time_point since{};
  };
  struct failed_node {
    node_id node{};
    errc why = errc::none;
  };
  struct copy_set {                        ///< a record that is to become safe
    std::optional<segment_record> segment; ///< empty: the header
    job_id job;
    copy_goal goal;
    safe done;
    bool is_safe = false;
    std::vector<asked_node> asked;
    std::vector<failed_node> failed; ///< in this round
    uint64_t bytes() const noexcept { return segment ? segment->body->size() : 0; }
    bool is_results() const noexcept { return segment && segment->meta.stage == segment_stage::results; }
    bool is_tried(node_id node) const noexcept;
  };
  void start(copy_set set);
  void advance(uint64_t number);
  void ask_more(uint64_t number, copy_set& set);
  void ask(uint64_t number, copy_set& set, node_id node);
  void copied(uint64_t number, node_id node, const status& outcome);
  /// Why it cannot become safe now, if that is certain.
  std::optional<failure> hopeless(const copy_set& set) const;
  failure reason_of(const copy_set& set) const;
  void became_safe(copy_set& set);
  void next_round(uint64_t number, copy_set& set);
  void end(uint64_t number, status outcome);

  jobs_state& state_;
  record_keeper& keeper_;
  node_lanes& lanes_;
  uint64_t last_number_ = 0;
  std::map<uint64_t, copy_set> sets_; ///< the eldest first
  time_point next_round_{};
  uint64_t bytes_ = 0;
  uint64_t unsafe_result_bytes_ = 0;
};

} // namespace weft
