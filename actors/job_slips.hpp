#pragma once

#include "actors/question_slip.hpp"
#include "runtime/job/job_request.hpp"
#include "runtime/ports/job_door.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace weft {

/// Why whoever waits hears nothing else: the keeper has died, or the node stops.
inline failure job_keeper_gone() {
  return {errc::unavailable, "the node restarts its part for jobs, or is stopping; what was acknowledged is safe"};
}

/// Who waits for a submission, a reader or a watch. Told of the end exactly once, also when the slip gets lost. Travels
/// by shared_ptr; only who handles it tells.
class submission_slip {
public:
  explicit submission_slip(std::shared_ptr<submission_listener> listener) : listener_(std::move(listener)) {}
  submission_slip(const submission_slip&) = delete;
  submission_slip& operator=(const submission_slip&) = delete;
  ~submission_slip() { end(job_keeper_gone()); }

  void opened(const job_status& job) {
    if (listener_)
      listener_->on_open(job);
  }
  void durable(uint64_t items) {
    if (listener_)
      listener_->on_durable(items);
  }
  void end(result<job_status> outcome) {
    if (auto listener = std::exchange(listener_, nullptr))
      listener->on_end(std::move(outcome));
  }

private:
  std::shared_ptr<submission_listener> listener_;
};

class results_slip {
public:
  explicit results_slip(std::shared_ptr<results_listener> listener) : listener_(std::move(listener)) {}
  results_slip(const results_slip&) = delete;
  results_slip& operator=(const results_slip&) = delete;
  ~results_slip() { end(job_keeper_gone()); }

  void page(results_page page) {
    if (listener_)
      listener_->on_page(std::move(page));
  }
  void end(status outcome) {
    if (auto listener = std::exchange(listener_, nullptr))
      listener->on_end(std::move(outcome));
  }

private:
  std::shared_ptr<results_listener> listener_;
};

class watch_slip {
public:
  explicit watch_slip(std::function<void(result<job_status>)> news) : news_(std::move(news)) {}
  watch_slip(const watch_slip&) = delete;
  watch_slip& operator=(const watch_slip&) = delete;
  ~watch_slip() { tell(job_keeper_gone()); }

  /// After an error or an end there is no more.
  void tell(result<job_status> news) {
    if (!news_)
      return;
    const bool last = !news || is_end(news->header.state);
    news_(std::move(news));
    if (last)
      news_ = nullptr;
  }

private:
  std::function<void(result<job_status>)> news_;
};

using job_slip = question_slip<job_question, job_status>;
using job_list_slip = question_slip<job_filter, job_page>;
using corpus_reading_slip = question_slip<job_question, corpus_reading>;
using corpus_query_slip = question_slip<corpus_query, corpus_hits>;
using job_request_slip = question_slip<job_request, job_answer>;

} // namespace weft
