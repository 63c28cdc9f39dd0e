#pragma once

#include "actors/job_slips.hpp"
#include "runtime/jobs/corpus_effects.hpp"
#include "runtime/ports/job_log.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace weft {

/// What JOB_KEEPER hears from threads that are not an actor's. Numbers are JOB_DESK's, tickets the core's.
namespace job_events {

struct open {
  uint64_t submission = 0;
  job_opening opening;
  std::shared_ptr<submission_slip> slip;
};
struct append {
  uint64_t submission = 0;
  std::vector<std::string> texts;
};
struct complete {
  uint64_t submission = 0;
};
struct abandon {
  uint64_t submission = 0;
};
struct get {
  std::shared_ptr<job_slip> slip;
};
struct list {
  std::shared_ptr<job_list_slip> slip;
};
struct cancel {
  std::shared_ptr<job_slip> slip;
};
struct watch {
  uint64_t watch = 0;
  job_question which;
  std::chrono::milliseconds period{};
  std::shared_ptr<watch_slip> slip;
};
struct unwatch {
  uint64_t watch = 0;
};
struct read {
  uint64_t reader = 0;
  job_question which;
  uint64_t from = 0;
  std::shared_ptr<results_slip> slip;
};
struct read_next {
  uint64_t reader = 0;
};
struct unread {
  uint64_t reader = 0;
};
/// Another node asks.
struct asked {
  std::shared_ptr<job_request_slip> slip;
};
/// Another node has answered.
struct answered {
  uint64_t ticket = 0;
  result<job_answer> answer;
};
struct read_corpus {
  std::shared_ptr<corpus_reading_slip> slip;
};
struct rank_corpus {
  std::shared_ptr<corpus_query_slip> slip;
};
/// From DEVICE_GROUP.
struct corpus {
  corpus_event event;
};
struct log_loaded {
  result<job_log_contents> contents;
};
struct log_written {
  uint64_t ticket = 0;
  status outcome;
};
struct log_read {
  uint64_t ticket = 0;
  result<std::vector<std::optional<segment_record>>> outcome;
};

} // namespace job_events

using job_event =
    std::variant<job_events::open, job_events::append, job_events::complete, job_events::abandon, job_events::get,
                 job_events::list, job_events::cancel, job_events::watch, job_events::unwatch, job_events::read,
                 job_events::read_next, job_events::unread, job_events::asked, job_events::answered,
                 job_events::read_corpus, job_events::rank_corpus, job_events::corpus, job_events::log_loaded,
                 job_events::log_written, job_events::log_read>;
/// Taken out by the keeper.
using job_event_ptr = std::shared_ptr<job_event>;

} // namespace weft
