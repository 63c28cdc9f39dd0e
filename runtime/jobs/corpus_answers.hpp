#pragma once

#include "runtime/corpus_job/corpus_outcome.hpp"
#include "runtime/jobs/jobs_state.hpp"
#include "runtime/jobs/record_keeper.hpp"

#include <cstdint>
#include <functional>

namespace weft {

/// The job of a question, if it is a corpus job that is done. Errors: errc::unknown_job, job_removed, invalid_argument
/// (another job, or not done yet), cancelled (it was, or has expired).
result<const header_table::entry*> done_corpus(jobs_state& state, const job_question& question);

/// Outcomes of corpus jobs for clients, with the texts of what people read. Part of jobs_core; not thread-safe.
class corpus_answers {
public:
  corpus_answers(jobs_state& state, record_keeper& keeper, std::function<void(segment_id)> damaged)
      : state_(state), keeper_(keeper), damaged_(std::move(damaged)) {}

  /// The job is known, or everybody was asked → corpus_read.
  void read(uint64_t question, const job_question& which);

private:
  void give(uint64_t question, const job_question& which, std::string bytes);
  void with_texts(uint64_t question, corpus_reading reading, const corpus_outcome& outcome);
  void end(uint64_t question, result<corpus_reading> outcome);

  jobs_state& state_;
  record_keeper& keeper_;
  std::function<void(segment_id)> damaged_;
  uint32_t under_way_ = 0;
};

} // namespace weft
