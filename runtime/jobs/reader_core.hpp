#pragma once

#include "runtime/jobs/job_survey.hpp"
#include "runtime/jobs/jobs_state.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace weft {

/// Readers of results: one segment for each read_next(), in order, from this node's log or from whoever has it; a
/// segment that is not done is waited for. Of a job that ended cancelled or expired the segments without results are
/// passed over. Holds one page's record a reader. Part of jobs_core; not thread-safe.
class reader_core {
public:
  reader_core(jobs_state& state, std::function<void(segment_id)> damaged)
      : state_(state), damaged_(std::move(damaged)) {}

  /// Items from `from` on.
  void read(uint64_t number, const job_question& which, uint64_t from);
  void read_next(uint64_t number);
  void unread(uint64_t number) { readers_.erase(number); }

  /// Results have come to this node, or the job has ended: who waits for it looks again.
  void segment_finished(segment_id id);
  void header_changed(const job_header& header);

  size_t size() const noexcept { return readers_.size(); }

private:
  struct reader {
    job_question which;
    uint64_t from = 0;   ///< the next item
    uint32_t cursor = 0; ///< the segment that it is in, or one before
    bool wants = false;
    bool busy = false;                                ///< asks or reads
    uint64_t wake = 0;                                ///< names the timer that counts
    std::map<uint32_t, std::vector<node_id>> holders; ///< of results, from the last survey
    std::chrono::milliseconds pause{};                ///< between two looks for what is not done
    std::optional<time_point> missing_since;          ///< the results of a done job
  };
  reader* find(uint64_t number);
  void step(uint64_t number);
  bool skips(reader& it, const segment_meta& meta) const;
  void survey(uint64_t number, reader& it);
  void surveyed(uint64_t number, const job_surveyed_by_all& answers);
  void nothing_there(uint64_t number, reader& it, const job_surveyed_by_all& answers);
  void fetch(uint64_t number, reader& it, std::vector<node_id> nodes);
  void fetched(uint64_t number, result<segment_record> record);
  void give(uint64_t number, reader& it, const segment_meta& meta, segment_results results);
  void look_again(uint64_t number, reader& it);
  void end(uint64_t number, status outcome);

  jobs_state& state_;
  std::function<void(segment_id)> damaged_;
  std::map<uint64_t, reader> readers_;
  uint64_t last_wake_ = 0;
};

} // namespace weft
