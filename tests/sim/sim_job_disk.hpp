#pragma once

#include "runtime/base/random_source.hpp"
#include "runtime/ports/job_log.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace weft::sim {

/// The disk of a simulated node, as job_log promises it: a batch counts once it is synced. What waits for the sync when
/// the process or the machine goes may be there afterwards or not: some first batches are, the torn one and those after
/// it are not. A record can be damaged: its checksum shows it, and reading finds nothing.
class sim_job_disk {
public:
  /// REQUIRES: the batch is synced by sync() in the order of the writes.
  void write(job_log_batch batch) { waiting_.push_back(std::move(batch)); }
  /// The eldest batch that waits is safe.
  void sync();
  /// Only what was synced is left, and by chance some of what was not.
  void lose_unsynced(random_source& random);
  /// Everything is gone; the numbers of stamps go on from `next_sequence` of a wiped log.
  void wipe();
  /// Damages one segment; false: there is none.
  bool damage(random_source& random);
  /// A header or a segment fails its checksum when the log is read at the next start. REQUIRES: nothing waits.
  void lose_record(random_source& random);

  job_log_contents load() const;
  std::vector<std::optional<segment_record>> read(const std::vector<segment_id>& ids) const;

  /// Synced and readable, in this stage or better; for who knows everything.
  bool has(segment_id id, segment_stage least = segment_stage::texts) const {
    const auto found = segments_.find(id);
    return found != segments_.end() && found->second.meta.stage >= least && !damaged_.contains(id);
  }
  /// Synced; null: none.
  const job_header* header(job_id id) const {
    const auto found = headers_.find(id);
    return found == headers_.end() ? nullptr : &found->second;
  }
  /// It has lost or damaged what was synced: nobody can hold that against the cores.
  bool is_blameless() const noexcept { return has_lost_; }

  bool full = false;
  size_t segments() const noexcept { return segments_.size(); }
  size_t damaged() const noexcept { return damaged_.size(); }

private:
  void apply(const job_log_batch& batch);

  std::deque<job_log_batch> waiting_;
  std::map<job_id, job_header> headers_;
  std::map<segment_id, segment_record> segments_;
  std::set<segment_id> damaged_;
  bool has_lost_ = false;
  uint64_t greatest_ = 0; ///< sequence of a stamp
};

} // namespace weft::sim
