#include "runtime/jobs/effect_desk.hpp"

namespace weft {
namespace {

/// Takes the waiter out before it is called: it may ask again.
template <class Waiters, class Outcome> void call(Waiters& waiters, uint64_t ticket, Outcome outcome) {
  auto found = waiters.extract(ticket);
  if (!found.empty())
    found.mapped()(std::move(outcome));
}

} // namespace

void effect_desk::write_log(job_log_batch batch, written done) {
  writes_.emplace(++last_ticket_, std::move(done));
  want(weft::write_log{last_ticket_, std::move(batch)});
}

void effect_desk::read_log(std::vector<segment_id> ids, read done) {
  reads_.emplace(++last_ticket_, std::move(done));
  want(weft::read_log{last_ticket_, std::move(ids)});
}

void effect_desk::ask(node_id to, job_request request, std::chrono::milliseconds within, answered done) {
  if (asks_.size() >= asks_max_)
    return later([done = std::move(done)] {
      done(failure{errc::overloaded, "this node waits for too many answers of other nodes already"});
    });
  asks_.emplace(++last_ticket_, std::move(done));
  want(ask_node{last_ticket_, to, std::move(request), within});
}

void effect_desk::log_written(uint64_t ticket, status outcome) {
  call(writes_, ticket, std::move(outcome));
}

void effect_desk::log_read(uint64_t ticket, result<std::vector<std::optional<segment_record>>> outcome) {
  call(reads_, ticket, std::move(outcome));
}

void effect_desk::node_answered(uint64_t ticket, result<job_answer> answer) {
  call(asks_, ticket, std::move(answer));
}

void effect_desk::fire(time_point now) {
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const auto due = timers_.extract(timers_.begin());
    due.mapped()();
  }
}

std::optional<time_point> effect_desk::next_timer() const {
  if (timers_.empty())
    return std::nullopt;
  return timers_.begin()->first;
}

void effect_desk::settle() {
  while (!later_.empty()) {
    const auto next = std::move(later_.front());
    later_.pop_front();
    next();
  }
}

} // namespace weft
