#pragma once

#include "runtime/base/time.hpp"
#include "runtime/job/job_header.hpp"
#include "runtime/ports/job_door.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weft {

/// All jobs that this node knows of: headers, how fast they go, what of them is on the disk. Not thread-safe.
class header_table {
public:
  struct entry {
    job_header header;
    uint64_t version = 1; ///< rises with each change; what the disk has is named by it
    uint64_t version_writing = 0;
    uint64_t version_synced = 0;

    // How fast it goes, seen from here.
    double items_per_second = 0;
    uint64_t items_done_then = 0;
    std::optional<time_point> then;
  };

  const entry* find(job_id id) const;
  entry* find(job_id id);
  const std::map<job_id, entry>& all() const noexcept { return jobs_; }

  struct merged_header {
    bool changed = false;
    bool removed = false; ///< it has just become a tombstone
  };
  merged_header put(const job_header& header, time_point now);
  void erase(job_id id);

  job_status status_of(const entry& job) const;
  /// errc::unknown_job (there is none, or it is another tenant's), errc::job_removed.
  result<const entry*> look(const job_question& question) const;
  /// errc::invalid_argument: the page token.
  result<job_page> list(const job_filter& filter) const;

  size_t size() const noexcept { return jobs_.size(); }
  const std::array<uint64_t, 7>& counts() const noexcept { return counts_; }
  /// Jobs, tombstones not counted.
  uint64_t kept() const noexcept { return jobs_.size() - counts_[static_cast<size_t>(job_state::removed)]; }

private:
  void measure(entry& job, time_point now);

  std::map<job_id, entry> jobs_;
  std::array<uint64_t, 7> counts_{};
};

/// When the results of a job that has ended go, and when its tombstone does. max(): it has not ended.
wall_time removed_at(const job_header& header) noexcept;
wall_time forgotten_at(const job_header& header, std::chrono::milliseconds tombstone) noexcept;

/// Whether a retry asks for the same: what results depend on. How long and how safely they are kept is what the first
/// one said.
bool asks_the_same(const job_spec& a, const job_spec& b);

} // namespace weft
