#include "runtime/jobs/execution_core.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/jobs/execution_parts.hpp"

#include <algorithm>
#include <utility>

namespace weft {

execution_core::execution_core(execution_options options) : parts_(std::make_unique<parts>()) {
  WEFT_ASSERT(options.runs_max > 0);
  parts_->options = options;
}
execution_core::~execution_core() = default;

void execution_core::offer(const segment_meta& segment, priority priority, wall_time created, bool taken_over) {
  queued_segment queued{segment.id, segment.first_item, priority, created, taken_over, 0};
  if (const auto key = parts_->keys.find(segment.id); key != parts_->keys.end()) {
    parts_->active.at(key->second).segment = queued;
    return;
  }
  for (auto& [until, waiting] : parts_->unreadable)
    if (waiting.id == segment.id) {
      queued.rests = waiting.rests;
      waiting = queued;
      return;
    }
  parts_->queue.put(queued);
}

void execution_core::withdraw(segment_id segment) {
  parts_->queue.take(segment);
  std::erase_if(parts_->unreadable, [&](const auto& it) { return it.second.id == segment; });
  if (const auto key = parts_->keys.find(segment); key != parts_->keys.end())
    parts_->forget(key->second);
}

void execution_core::withdraw_job(job_id job) {
  parts_->queue.remove_job(job);
  std::erase_if(parts_->unreadable, [&](const auto& it) { return it.second.id.job == job; });
  for (auto key = parts_->keys.lower_bound({job, 0}); key != parts_->keys.end() && key->first.job == job;)
    parts_->forget((key++)->second);
}

void execution_core::freeze(bool frozen) {
  parts_->frozen = frozen;
}

void execution_core::drain() {
  parts_->draining = true;
}

void execution_core::set_members(std::vector<node_id> others) {
  std::ranges::sort(others);
  parts_->others = std::move(others);
}

void execution_core::texts(segment_id segment, result<std::shared_ptr<const segment_texts>> texts, time_point now) {
  const auto found = parts_->keys.find(segment);
  if (found == parts_->keys.end())
    return;
  const auto key = found->second;
  auto& what = parts_->active.at(key);
  if (what.at != work_phase::reading)
    return;
  if (!texts) {
    auto again = what.segment;
    const auto until = now + parts_->backoff(again.rests++);
    parts_->forget(key);
    parts_->unreadable.emplace_back(until, again);
    return;
  }
  what.work.emplace(std::move(*texts), what.segment.first_item);
  what.at = work_phase::ready;
}

void execution_core::try_here(uint64_t exchange, segment_texts work, time_point) {
  const auto foreign =
      std::ranges::count_if(parts_->active, [](const auto& it) { return it.second.exchange.has_value(); });
  if (work.texts.empty() || work.texts.size() > segment_items_max)
    return parts_->want(answer_try{exchange, failure{errc::invalid_argument, "a try has 1 to 256 texts"}});
  if (parts_->draining)
    return parts_->want(answer_try{exchange, failure{errc::draining, "the node shuts down"}});
  if (static_cast<size_t>(foreign) >= parts_->options.foreign_max)
    return parts_->want(answer_try{exchange, failure{errc::overloaded, "too many tries for other nodes"}});
  auto& what = parts_->active[++parts_->last_number];
  what.exchange = exchange;
  what.work.emplace(std::make_shared<const segment_texts>(std::move(work)), 0);
  what.at = work_phase::ready;
}

void execution_core::ran(uint64_t run, run_outcome outcome, time_point now) {
  const auto found = parts_->runs.find(run);
  if (found == parts_->runs.end())
    return; // cancelled
  const auto [key, items, deadline] = std::move(found->second);
  parts_->runs.erase(found);
  auto& what = parts_->active.at(key);
  what.at = work_phase::ready;
  outcome = what.work->checked(std::move(outcome));
  std::optional<failure> reason;
  if (!outcome)
    reason = outcome.error();
  if (what.work->ran(items, std::move(outcome)) == failure_kind::passing)
    return parts_->passed(key, *reason, now);
  what.passes = 0;
  parts_->advance(key, now);
}

void execution_core::tried(uint64_t ticket, result<texts_tried> answer, time_point now) {
  const auto found = parts_->tries.find(ticket);
  if (found == parts_->tries.end())
    return;
  const auto [key, node] = found->second;
  parts_->tries.erase(found);
  parts_->tried_by(key, node, std::move(answer), now);
}

void execution_core::tick(time_point now) {
  parts_->ticked = now;
  parts_->expire_runs(now);
  parts_->wake(now);
  if (parts_->draining)
    return;
  parts_->begin_more(now);
  parts_->start_runs(now);
}

std::optional<time_point> execution_core::next_wake() const {
  std::optional<time_point> next;
  const auto at = [&](time_point when) { next = next ? std::min(*next, when) : when; };
  for (const auto& [number, run] : parts_->runs)
    at(run.deadline);
  for (const auto& [key, what] : parts_->active)
    if (what.at == work_phase::resting)
      at(what.resumes);
  for (const auto& [until, segment] : parts_->unreadable)
    at(until);
  if (const auto end = parts_->queue.next_rest_end(parts_->ticked))
    at(*end);
  return next;
}

std::vector<execution_effect> execution_core::take_effects() {
  return std::exchange(parts_->effects, {});
}

size_t execution_core::waiting() const noexcept {
  return parts_->queue.size() + parts_->unreadable.size();
}

size_t execution_core::running() const noexcept {
  return parts_->runs.size();
}

uint64_t execution_core::takeovers() const noexcept {
  return parts_->takeovers;
}

bool execution_core::knows(segment_id segment) const {
  const auto is_it = [&](const auto& it) { return it.second.id == segment; };
  return parts_->queue.contains(segment) || parts_->keys.contains(segment) ||
         std::ranges::any_of(parts_->unreadable, is_it);
}

} // namespace weft
