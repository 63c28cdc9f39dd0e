#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/job_header.hpp"
#include "runtime/job/job_segment.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace weft {

/// What is written together.
struct job_log_batch {
  std::vector<job_header> headers;      ///< each in place of the one before
  std::vector<segment_record> segments; ///< each in place of the one before
  std::vector<segment_id> dropped;      ///< segments that other nodes keep now
  std::vector<job_id> removed;          ///< all segments of these jobs; their headers stay, as tombstones
  std::vector<job_id> forgotten;        ///< these headers, too

  bool empty() const noexcept {
    return headers.empty() && segments.empty() && dropped.empty() && removed.empty() && forgotten.empty();
  }
};

/// All that a log has, without bodies.
struct job_log_contents {
  std::vector<job_header> headers;
  std::vector<segment_meta> segments;
  uint64_t next_sequence = 1; ///< greater than that of each stamp this node has ever given
  bool was_damaged = false;   ///< some of it is gone, or all: other nodes have what it had
};

/// Counted since the start; the rest is of now.
struct job_log_counters {
  uint64_t writes = 0; ///< batches
  uint64_t syncs = 0;  ///< of the disk: several batches share one
  uint64_t bytes_written = 0;
  uint64_t write_failures = 0;
  uint64_t damaged = 0; ///< records that failed a checksum, and times that the whole log was moved aside
  uint64_t bytes = 0;   ///< kept
  uint64_t bytes_max = 0;
  bool accepts_writes = true;
};

/// The records of jobs that this node keeps. Every call returns at once; `done` is called exactly once, on a thread of
/// the log or, when refused, before the call returns; it must only send a message. Thread-safe. Writes are done in the
/// order given. Errors: errc::overloaded (the queue is full), storage_full (the disk or bytes_max), storage_failed.
class job_log {
public:
  using write_done = std::function<void(status)>;
  using read_done = std::function<void(result<std::vector<std::optional<segment_record>>>)>;
  using load_done = std::function<void(result<job_log_contents>)>;

  virtual ~job_log() = default;

  /// All or none, and on the disk, synced, when `done` is called. Batches that wait together share a sync.
  virtual void write(job_log_batch batch, write_done done) = 0;
  /// One answer an id; absent where it is not there or damaged.
  virtual void read(std::vector<segment_id> ids, read_done done) = 0;
  virtual void load(load_done done) = 0;

  virtual job_log_counters counters() const = 0;
};

} // namespace weft
