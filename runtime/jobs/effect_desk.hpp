#pragma once

#include "runtime/base/time.hpp"
#include "runtime/jobs/effects.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace weft {

/// Where the parts of a jobs core put what they want done, and whom the answers are given to. Whoever waits is called
/// exactly once per answer, never from within its own call: what is refused at once waits in `later`. A waiter that
/// may be gone by then looks itself up by its number. Not thread-safe.
class effect_desk {
public:
  using written = std::function<void(status)>;
  using read = std::function<void(result<std::vector<std::optional<segment_record>>>)>;
  using answered = std::function<void(result<job_answer>)>;

  /// REQUIRES: asks_max > 0.
  explicit effect_desk(uint32_t asks_max) : asks_max_(asks_max) {}

  void want(jobs_effect effect) { effects_.push_back(std::move(effect)); }
  void write_log(job_log_batch batch, written done);
  void read_log(std::vector<segment_id> ids, read done);
  /// Refused with errc::overloaded while asks_max are unanswered.
  void ask(node_id to, job_request request, std::chrono::milliseconds within, answered done);
  /// The answer that belongs to the request; another one is errc::internal.
  template <class Answer>
  void ask_for(node_id to, job_request request, std::chrono::milliseconds within,
               std::function<void(result<Answer>)> done) {
    ask(to, std::move(request), within, [done = std::move(done)](result<job_answer> answer) {
      if (!answer)
        return done(std::move(answer.error()));
      if (auto* wanted = std::get_if<Answer>(&*answer))
        return done(std::move(*wanted));
      done(failure{errc::internal, "another node gave an answer that does not belong to the question"});
    });
  }
  /// Runs it when the event under way is through.
  void later(std::function<void()> what) { later_.push_back(std::move(what)); }

  /// Runs it at the first tick from then on; those of one time in the order given.
  void at(time_point when, std::function<void()> what) { timers_.emplace(when, std::move(what)); }
  void fire(time_point now);
  std::optional<time_point> next_timer() const;

  // Answers; unknown tickets are ignored: a late answer, or one of a process before this one.
  void log_written(uint64_t ticket, status outcome);
  void log_read(uint64_t ticket, result<std::vector<std::optional<segment_record>>> outcome);
  void node_answered(uint64_t ticket, result<job_answer> answer);
  /// Runs what was put off, until nothing is.
  void settle();
  bool has_more() const noexcept { return !later_.empty(); }

  std::vector<jobs_effect> take() { return std::exchange(effects_, {}); }
  size_t asks() const noexcept { return asks_.size(); }

private:
  uint32_t asks_max_;
  uint64_t last_ticket_ = 0;
  std::vector<jobs_effect> effects_;
  std::unordered_map<uint64_t, written> writes_;
  std::unordered_map<uint64_t, read> reads_;
  std::unordered_map<uint64_t, answered> asks_;
  std::deque<std::function<void()>> later_;
  std::multimap<time_point, std::function<void()>> timers_;
};

} // namespace weft
