#pragma once

#include "actors/interfaces.hpp"
#include "runtime/job/job_request.hpp"
#include "runtime/jobs/jobs_core.hpp"
#include "runtime/ports/job_door.hpp"
#include "runtime/ports/job_log.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

namespace weft {

/// What the node tells of its jobs.
struct job_counts {
  jobs_counters core;
  job_log_counters log;
  bool kept = false; ///< this node keeps jobs, and its log is read
};

/// Where clients and other nodes find the keeper of the moment. Everything goes there as a message; what finds none, or
/// one that dies, is answered errc::unavailable. Thread-safe.
class job_desk final : public job_door, public std::enable_shared_from_this<job_desk> {
public:
  std::shared_ptr<submission> open(job_opening opening, std::shared_ptr<submission_listener> listener) override;
  void get(job_question question, std::function<void(result<job_status>)> done) override;
  void list(job_filter filter, std::function<void(result<job_page>)> done) override;
  void cancel(job_question question, std::function<void(result<job_status>)> done) override;
  std::shared_ptr<job_watch> watch(job_question question, std::chrono::milliseconds period,
                                   std::function<void(result<job_status>)> news) override;
  std::shared_ptr<results_reader> read(job_question question, uint64_t from,
                                       std::shared_ptr<results_listener> listener) override;
  void read_corpus(job_question question, std::function<void(result<corpus_reading>)> done) override;
  void rank_corpus(corpus_query query, std::function<void(result<corpus_hits>)> done) override;

  /// Another node asks.
  void ask(job_request request, std::function<void(result<job_answer>)> done);

  void lead_to(job_keeper_actor keeper);
  void publish(const job_counts& counts);
  job_counts counts() const;

  /// To the keeper of the moment.
  void tell(job_event event) const;

private:
  job_keeper_actor current() const;

  std::atomic<uint64_t> numbers_{0}; ///< of submissions, watches and readers; also unique over the keeper's deaths
  mutable std::mutex mutex_;         ///< held for a copy
  job_keeper_actor keeper_;
  job_counts counts_;
};

} // namespace weft
