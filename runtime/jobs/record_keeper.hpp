#pragma once

#include "runtime/jobs/jobs_state.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace weft {

/// The way of records to this node's log and tables: only what is better than what is kept, or on its way there, is
/// written, and whoever brought it hears when it is synced. The table of segments never says that one is kept before
/// it is; a header is known at once, and synced later: its write is tried again until it succeeds. Part of jobs_core;
/// not thread-safe.
class record_keeper {
public:
  using kept = std::function<void(status)>;
  /// What has become known; called as it happens.
  struct listener {
    std::function<void(const segment_meta&)> on_segment; ///< it is kept now, or in a better form
    std::function<void(const job_header&)> on_header;    ///< it has changed
    std::function<void(segment_id)> on_late;             ///< results came where others were known
  };

  record_keeper(jobs_state& state, listener told) : state_(state), listener_(std::move(told)) {}

  /// `done` when all of it is synced here, or was in a better form. Segments of removed jobs are known in a better
  /// form: as a tombstone. Errors: errc::storage_full, storage_failed, overloaded.
  void keep(std::vector<job_header> headers, std::vector<segment_record> segments, kept done);
  /// Other nodes keep them now. What is being written stays.
  void drop(const std::vector<segment_id>& ids);
  /// The log does not have it after all (damaged): it may come anew.
  void lost(segment_id id) { state_.segments.erase(id); }
  /// The job's tombstone is old enough.
  void forget(job_id id);

  /// Bytes of bodies on their way to the log.
  uint64_t bytes_writing() const noexcept { return bytes_writing_; }

private:
  struct join { ///< one keep() that waits for several writes
    size_t waits = 0;
    status outcome = ok;
    kept done;
  };
  struct in_flight { ///< a segment that is being written
    segment_meta best;
    uint64_t ticket = 0; ///< of the best
    uint32_t writes = 0;
  };
  struct batch {                                      ///< a write under way
    std::vector<std::pair<job_id, uint64_t>> headers; ///< and their versions
    std::vector<segment_meta> segments;
    std::vector<std::shared_ptr<join>> waiting;
  };
  struct draft { ///< a write that is being put together
    uint64_t ticket = 0;
    job_log_batch to_log;
    batch notes;
    std::vector<uint64_t> waits_for; ///< writes under way that have the same or better
  };

  void add(const job_header& header, draft& out);
  void add(segment_record&& segment, draft& out);
  bool has_room_for(const std::vector<segment_record>& segments) const;
  void written(uint64_t ticket, const status& outcome);
  void write_again();
  void landed(const segment_meta& meta, uint64_t ticket, bool synced);

  jobs_state& state_;
  listener listener_;
  uint64_t last_ticket_ = 0;
  bool writes_again_ = false;
  uint64_t bytes_writing_ = 0;
  std::map<uint64_t, batch> batches_;
  std::map<segment_id, in_flight> writing_;
};

} // namespace weft
