#pragma once

#include "runtime/ports/job_log.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace weft::test {

/// What a job log has on its disk: several logs, one after the other, may have it (a restart).
struct job_records {
  std::mutex mutex;
  std::map<job_id, job_header> headers;
  std::map<segment_id, segment_record> segments;
};

/// A job log in memory that answers before the call returns. Thread-safe.
class memory_job_log final : public job_log {
public:
  explicit memory_job_log(std::shared_ptr<job_records> records = std::make_shared<job_records>())
      : records_(std::move(records)) {}

  std::atomic<bool> full{false}; ///< from now on writes fail with errc::storage_full

  /// All of it is gone, and writes fail with errc::state_damaged until it was loaded again.
  void damage() {
    const std::lock_guard hold(records_->mutex);
    records_->headers.clear();
    records_->segments.clear();
    damaged_ = true;
  }

  void write(job_log_batch batch, write_done done) override {
    if (damaged_)
      return done(failure{errc::state_damaged, "the log was damaged"});
    if (full)
      return done(failure{errc::storage_full, "the disk is full"});
    {
      const std::lock_guard hold(records_->mutex);
      for (auto& header : batch.headers)
        records_->headers[header.id] = std::move(header);
      for (auto& segment : batch.segments)
        records_->segments[segment.meta.id] = std::move(segment);
      for (const auto& id : batch.dropped)
        records_->segments.erase(id);
      for (const auto& id : batch.removed)
        std::erase_if(records_->segments, [&](const auto& it) { return it.first.job == id; });
      for (const auto& id : batch.forgotten)
        records_->headers.erase(id);
    }
    done(ok);
  }

  void read(std::vector<segment_id> ids, read_done done) override {
    std::vector<std::optional<segment_record>> out;
    {
      const std::lock_guard hold(records_->mutex);
      for (const auto& id : ids) {
        const auto found = records_->segments.find(id);
        out.push_back(found == records_->segments.end() ? std::nullopt : std::optional{found->second});
      }
    }
    done(std::move(out));
  }

  void load(load_done done) override {
    job_log_contents out;
    {
      const std::lock_guard hold(records_->mutex);
      for (const auto& [id, header] : records_->headers)
        out.headers.push_back(header);
      for (const auto& [id, segment] : records_->segments)
        out.segments.push_back(segment.meta);
    }
    out.was_damaged = damaged_.exchange(false);
    for (const auto& it : out.headers)
      out.next_sequence = std::max(out.next_sequence, it.stamp.sequence + 1);
    for (const auto& it : out.segments)
      out.next_sequence = std::max(out.next_sequence, it.stamp.sequence + 1);
    done(std::move(out));
  }

  job_log_counters counters() const override { return {}; }

private:
  const std::shared_ptr<job_records> records_;
  std::atomic<bool> damaged_{false};
};

} // namespace weft::test
