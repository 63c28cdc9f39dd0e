#pragma once

#include "runtime/base/result.hpp"
#include "runtime/base/time.hpp"
#include "runtime/job/job_request.hpp"
#include "runtime/job/job_segment.hpp"
#include "runtime/jobs/effects.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace weft {

struct execution_options {
  uint32_t runs_max = 4; ///< segments and foreign tries that run at once; a dead node's may be one more
  /// Texts of a run, or one text: so short that what is urgent (a dead node's segments) soon finds a free place, and
  /// enough for a batch of a worker.
  uint64_t run_bytes_max = 64 << 10;
  uint32_t read_ahead = 4;     ///< segments whose texts are read or held beyond those that run
  uint32_t elsewhere_max = 32; ///< segments that wait for other nodes' tries; then no new ones start
  uint32_t foreign_max = 16;   ///< tries for other nodes, waiting or running; then errc::overloaded
  uint32_t nodes_max = 3;      ///< that try an item, this one among them
  uint32_t passes_max = 100;   ///< passing errors of one other node: for minutes; then it counts as not there
  std::chrono::milliseconds retry_min{200}; ///< after a passing error; twice as long at each one in a row
  std::chrono::milliseconds retry_max{5'000};
  /// A run that takes longer is cancelled and done again. Long: jobs wait behind all interactive work.
  std::chrono::milliseconds run_within{600'000};
};

/// What execution_core wants done.

struct want_texts { ///< → texts()
  segment_id segment;
};
struct start_run { ///< → ran(); as run_texts
  uint64_t run = 0;
  std::shared_ptr<const segment_texts> work; ///< not null
  std::vector<uint32_t> items;               ///< places in work->texts, ascending, not empty
  bool is_try = false;                       ///< for another node
};
struct stop_run { ///< as cancel_run
  uint64_t run = 0;
};
struct try_elsewhere { ///< ask `node` with try_texts → tried()
  uint64_t ticket = 0;
  node_id node{};
  segment_texts work;
};
struct segment_finished { ///< every item has its outcome. The core has forgotten the segment
  segment_id segment;
  uint64_t first_item = 0;
  bool taken_over = false;
  segment_results results; ///< computed_by is left to the caller
};
struct answer_try { ///< what came of try_here()
  uint64_t exchange = 0;
  result<texts_tried> outcome;
};

using execution_effect = std::variant<want_texts, start_run, stop_run, try_elsewhere, segment_finished, answer_try>;

/// Which segments this node runs now, and what becomes of their items. Part of jobs_core; not thread-safe; `now` never
/// goes back. Run numbers and tickets are this core's own and never used twice.
///
/// Order: the job's priority, then in turn over the jobs that have it (the eldest first), of each its first segment; so
/// a small job does not wait for a huge one. One segment of a dead node is always among those that are begun, and is
/// run before the others of its priority. A segment has one run at a time.
///
/// What a failed run means: invalid_utf8, text_too_long and text_too_large fail the item that they name at once, and
/// the rest is run again · engine_failed, internal and the like are about some item: the run is cut in halves until it
/// stands alone · a lone item that fails is tried on other nodes, all such of a segment together, and fails with its
/// reason when nodes_max nodes (fewer when there are fewer) have failed on it · unknown_model and the like are about
/// this node: others are asked for all items · what passes (overloaded, unavailable, model_loading, draining…) is tried
/// again, the whole job later, and never fails an item.
class execution_core {
public:
  explicit execution_core(execution_options options = {});
  ~execution_core();
  execution_core(const execution_core&) = delete;
  execution_core& operator=(const execution_core&) = delete;

  /// This node has to run it, from now on. Again with other values: they replace the former ones.
  void offer(const segment_meta& segment, priority priority, wall_time created, bool taken_over);
  /// Not any more: another node's turn, or its results are known. Nothing for an unknown one.
  void withdraw(segment_id segment);
  void withdraw_job(job_id job);
  /// While frozen no segment that is taken over is started; what runs goes on.
  void freeze(bool frozen);
  /// The other live nodes that keep jobs.
  void set_members(std::vector<node_id> others);
  /// A drained node starts nothing more; what runs ends.
  void drain();

  void texts(segment_id segment, result<std::shared_ptr<const segment_texts>> texts, time_point now);
  void ran(uint64_t run, run_outcome outcome, time_point now);
  void tried(uint64_t ticket, result<texts_tried> answer, time_point now);
  /// Another node asks to try these items here. `exchange` comes back in answer_try. Fails them after one try each.
  void try_here(uint64_t exchange, segment_texts work, time_point now);

  /// Starts what can be started; call it after every other input, and at next_wake().
  void tick(time_point now);
  std::optional<time_point> next_wake() const;
  std::vector<execution_effect> take_effects();

  size_t waiting() const noexcept; ///< segments offered, not begun
  size_t running() const noexcept; ///< runs under way
  /// Segments of dead nodes whose first run has started here, so far.
  uint64_t takeovers() const noexcept;
  bool knows(segment_id segment) const;

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace weft
