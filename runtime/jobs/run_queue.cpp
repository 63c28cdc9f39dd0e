#include "runtime/jobs/run_queue.hpp"

#include <algorithm>

namespace weft {

void run_queue::put(const queued_segment& segment) {
  take(segment.id);
  auto [found, is_new] = jobs_.try_emplace(segment.id.job);
  auto& job = found->second;
  if (!is_new)
    level_of(job.priority).jobs.erase({job.created, segment.id.job});
  job.priority = segment.priority;
  job.created = segment.created;
  level_of(job.priority).jobs.insert({job.created, segment.id.job});
  (segment.taken_over ? job.taken_over : job.own).emplace(segment.id.index, segment);
  ++size_;
}

std::optional<queued_segment> run_queue::take(segment_id id) {
  const auto* found = find(id);
  if (found == nullptr)
    return std::nullopt;
  const auto segment = *found;
  const auto job = jobs_.find(id.job);
  (segment.taken_over ? job->second.taken_over : job->second.own).erase(id.index);
  --size_;
  leave(job);
  return segment;
}

void run_queue::remove_job(job_id id) {
  const auto job = jobs_.find(id);
  if (job == jobs_.end())
    return;
  size_ -= job->second.own.size() + job->second.taken_over.size();
  job->second.own.clear();
  job->second.taken_over.clear();
  leave(job);
}

std::optional<queued_segment> run_queue::next(bool frozen, time_point now) {
  constexpr line_of own = [](const waiting_job& job) { return job.own.empty() ? nullptr : &job.own; };
  constexpr line_of first = [](const waiting_job& job) -> const line* {
    if (job.own.empty() || job.taken_over.empty())
      return job.own.empty() ? only_taken_over(job) : &job.own;
    return job.taken_over.begin()->first < job.own.begin()->first ? &job.taken_over : &job.own;
  };
  return next_of(frozen ? own : first, now);
}

std::optional<queued_segment> run_queue::next_taken_over(time_point now) {
  return next_of(only_taken_over, now);
}

const run_queue::line* run_queue::only_taken_over(const waiting_job& job) {
  return job.taken_over.empty() ? nullptr : &job.taken_over;
}

std::optional<queued_segment> run_queue::next_of(line_of pick, time_point now) {
  for (auto& from : levels_)
    if (auto segment = next_of(from, pick, now))
      return segment;
  return std::nullopt;
}

std::optional<queued_segment> run_queue::next_of(level& from, line_of pick, time_point now) {
  auto at = from.jobs.upper_bound(from.last);
  for (size_t left = from.jobs.size(); left > 0; --left) {
    if (at == from.jobs.end())
      at = from.jobs.begin();
    const auto job = jobs_.find(at->job);
    const auto* picked = job->second.rests_until <= now ? pick(job->second) : nullptr;
    if (picked) {
      from.last = *at;
      return take(picked->begin()->second.id);
    }
    ++at;
  }
  return std::nullopt;
}

void run_queue::rest(job_id id, time_point until) {
  if (const auto job = jobs_.find(id); job != jobs_.end())
    job->second.rests_until = std::max(job->second.rests_until, until);
}

std::optional<time_point> run_queue::next_rest_end(time_point now) const {
  std::optional<time_point> first;
  for (const auto& [id, job] : jobs_)
    if (job.rests_until > now && (!first || job.rests_until < *first))
      first = job.rests_until;
  return first;
}

const queued_segment* run_queue::find(segment_id id) const {
  const auto job = jobs_.find(id.job);
  if (job == jobs_.end())
    return nullptr;
  for (const auto* segments : {&job->second.own, &job->second.taken_over})
    if (const auto found = segments->find(id.index); found != segments->end())
      return &found->second;
  return nullptr;
}

/// A job without segments is none of this queue's.
void run_queue::leave(std::map<job_id, waiting_job>::iterator job) {
  if (!job->second.own.empty() || !job->second.taken_over.empty())
    return;
  level_of(job->second.priority).jobs.erase({job->second.created, job->first});
  jobs_.erase(job);
}

} // namespace weft
