#pragma once

#include "runtime/job/job_request.hpp"
#include "runtime/jobs/corpus_effects.hpp"
#include "runtime/ports/job_door.hpp"
#include "runtime/ports/job_log.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

namespace weft {

/// What jobs_core wants done. A ticket names what the answer belongs to.

struct write_log { ///< → log_written()
  uint64_t ticket = 0;
  job_log_batch batch;
};
struct read_log { ///< → log_read()
  uint64_t ticket = 0;
  std::vector<segment_id> ids;
};
struct ask_node { ///< → answered()
  uint64_t ticket = 0;
  node_id to{};
  job_request request;
  std::chrono::milliseconds within{};
};
struct answer_node { ///< what another node asked: asked()
  uint64_t exchange = 0;
  result<job_answer> answer;
};
/// Compute these items of a segment, as one call with the lowest priority → ran(). Whoever runs them retries what
/// passes (overloaded, model_loading) by itself until cancel_run; not of a try for another node, which asks elsewhere.
struct run_texts {
  uint64_t run = 0;
  std::shared_ptr<const segment_texts> work; ///< not null
  std::vector<uint32_t> items;               ///< places in work->texts, ascending
  bool is_try = false;                       ///< for another node
};
struct cancel_run { ///< nobody waits for it any more; ran() may still come
  uint64_t run = 0;
};

struct submission_opened {
  uint64_t submission = 0;
  job_status job;
};
struct submission_durable {
  uint64_t submission = 0;
  uint64_t items = 0;
};
struct submission_ended {
  uint64_t submission = 0;
  result<job_status> outcome;
};
struct cancel_answered { ///< → cancel(), look()
  uint64_t question = 0;
  result<job_status> outcome;
};
struct reader_given {
  uint64_t reader = 0;
  results_page page;
};
struct reader_ended {
  uint64_t reader = 0;
  status outcome;
};
struct watch_told { ///< the watch is gone when the news is an error or an end
  uint64_t watch = 0;
  result<job_status> news;
};

/// To whoever owns vectors in memory and the threads of ranks → corpus()
struct want_corpus {
  corpus_effect effect;
};
struct corpus_read { ///< → read_corpus()
  uint64_t question = 0;
  result<corpus_reading> outcome;
};
struct corpus_ranked { ///< → rank_corpus()
  uint64_t question = 0;
  result<corpus_hits> outcome;
};

using jobs_effect = std::variant<write_log, read_log, ask_node, answer_node, run_texts, cancel_run, submission_opened,
                                 submission_durable, submission_ended, cancel_answered, reader_given, reader_ended,
                                 watch_told, want_corpus, corpus_read, corpus_ranked>;

/// What came of run_texts. A failure of the whole may name an item (item_of()): place in run_texts::items.
using run_outcome = result<segment_results>;

} // namespace weft
