#pragma once

#include "runtime/jobs/jobs_state.hpp"
#include "runtime/jobs/prefix_recovery.hpp"
#include "runtime/jobs/record_keeper.hpp"
#include "runtime/jobs/replicator.hpp"
#include "runtime/jobs/segment_cutter.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace weft {

/// The submissions that come through this node. Each: find what is there of the job and make it safe → write its header
/// to `synced` nodes → opened → items into segments, segments to their owners, the prefix of safe ones acknowledged →
/// complete: the last segment, then the header with its totals → ended. Part of jobs_core; not thread-safe.
///
/// A submission ends with a failure when its job has ended or turned out to be another one meanwhile; what was durable
/// stays, and the same request id goes on from there, on any node.
class submission_core {
public:
  submission_core(jobs_state& state, record_keeper& keeper, replicator& copies, std::function<void(segment_id)> damaged)
      : state_(state), keeper_(keeper), copies_(copies), damaged_(std::move(damaged)) {}

  void open(uint64_t number, job_opening opening);
  void append(uint64_t number, std::vector<std::string> texts);
  void complete(uint64_t number);
  void abandon(uint64_t number) { intakes_.erase(number); }
  void drain() { draining_ = true; }

  void header_changed(const job_header& header);

  uint64_t refused() const noexcept { return refused_; }
  uint64_t items_acknowledged() const noexcept { return items_acknowledged_; }
  size_t size() const noexcept { return intakes_.size(); }
  /// Of texts that are not durable yet.
  uint64_t bytes_waiting() const noexcept;

private:
  /// confirming: another submission has completed the job, which has to be safe before this one hears of it.
  enum class phase : uint8_t { finding, creating, open, completing, closing, confirming };
  struct cut_segment { ///< on its way to be safe
    uint32_t items = 0;
    uint64_t bytes = 0;
    bool is_safe = false;
  };
  struct intake {
    job_id id;
    job_spec spec;
    phase at = phase::finding;
    segment_cutter cutter;
    std::map<uint32_t, cut_segment> under_way; ///< by index, from the first that is not durable on
    uint64_t bytes_waiting = 0;                ///< of these and of the open segment
    uint64_t items_durable = 0;
    uint64_t items_told = 0; ///< to the other nodes, by the header
  };
  intake* find(uint64_t number);
  void refuse(uint64_t number, failure why);
  void recovered(uint64_t number, result<safe_prefix> prefix);
  void opened(uint64_t number, intake& it);
  void confirm(uint64_t number, const intake& it, std::function<void(intake&)> then);
  void completed_elsewhere(uint64_t number, intake& it);
  void cut(uint64_t number, intake& it, segment_cutter::cut piece);
  void safe(uint64_t number, uint32_t index, const status& outcome);
  void close_when_safe(uint64_t number, intake& it);
  void tell_progress(uint64_t number);
  void end(uint64_t number, result<job_status> outcome);
  job_status status_of(const intake& it) const;
  copy_goal goal_of(const intake& it) const;

  jobs_state& state_;
  record_keeper& keeper_;
  replicator& copies_;
  std::function<void(segment_id)> damaged_;
  bool draining_ = false;
  std::map<uint64_t, intake> intakes_;
  uint64_t refused_ = 0;
  uint64_t items_acknowledged_ = 0;
};

} // namespace weft
