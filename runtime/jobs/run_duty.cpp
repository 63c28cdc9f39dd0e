#include "runtime/jobs/run_duty.hpp"

#include <algorithm>

namespace weft {
namespace {

using namespace std::chrono_literals;

/// Seldom enough to cost nothing beside the job, and long beside the write that a first owner may be doing.
constexpr auto stray_period = 10s;
constexpr uint32_t range_segments = 1'024;
constexpr size_t late_max = 10'000;

} // namespace

bool run_duty::is_mine(const segment_meta& meta) const {
  const auto first = state_.places.owners(meta.id, 1);
  return (!first.empty() && first[0] == state_.self) || stood_in_.contains(meta.id);
}

void run_duty::look_at(const segment_meta& meta, const job_header& header) {
  if (meta.stage == segment_stage::results || is_end(header.state))
    return;
  if (is_mine(meta))
    return orders_.offer(meta, header.spec.priority, header.spec.created, state_.places.is_takeover(meta.id));
  orders_.withdraw(meta.id);
  if (strays_.empty())
    next_look_ = state_.now.steady + stray_period;
  strays_.insert(meta.id.job);
}

void run_duty::segment_kept(const segment_meta& meta) {
  if (meta.stage == segment_stage::results) {
    stood_in_.erase(meta.id);
    return orders_.withdraw(meta.id);
  }
  if (const auto* job = state_.headers.find(meta.id.job))
    look_at(meta, job->header);
}

void run_duty::segment_dropped(segment_id id) {
  stood_in_.erase(id);
  orders_.withdraw(id);
}

void run_duty::header_changed(const job_header& header) {
  const auto* kept = state_.segments.find(header.id);
  if (is_end(header.state)) {
    strays_.erase(header.id);
    std::erase_if(stood_in_, [&](const auto& id) { return id.job == header.id; });
    return orders_.withdraw_job(header.id);
  }
  // Only what a job's first header changes: afterwards each segment is looked at when it is kept.
  const auto* job = state_.headers.find(header.id);
  if (kept && job && job->version == 1)
    for (const auto& [index, meta] : *kept)
      look_at(meta, header);
}

void run_duty::members_changed() {
  stood_in_.clear();
  strays_.clear();
  for (const auto& [id, kept] : state_.segments.jobs())
    if (const auto* job = state_.headers.find(id))
      for (const auto& [index, meta] : kept)
        look_at(meta, job->header);
}

void run_duty::tick() {
  if (strays_.empty() || state_.now.steady < next_look_)
    return;
  next_look_ = state_.now.steady + stray_period;
  late_ = std::exchange(late_now_, {});
  for (const auto& id : std::exchange(strays_, {})) {
    const auto* kept = state_.segments.find(id);
    if (!kept)
      continue;
    for (const auto& [index, meta] : *kept)
      if (meta.stage == segment_stage::texts && !is_mine(meta)) {
        strays_.insert(id);
        look_for_strays(id, index);
        break;
      }
  }
}

void run_duty::look_for_strays(job_id job, uint32_t from) {
  survey_members(state_, job, from, range_segments, [this, job](const job_surveyed_by_all& answers) {
    strays_found(job, answers);
    if (answers.next)
      look_for_strays(job, *answers.next);
  });
}

void run_duty::strays_found(job_id job, const job_surveyed_by_all& answers) {
  const auto* known = state_.headers.find(job);
  if (!known || answers.answered < answers.asked) // who did not answer may well be running it
    return;
  for (const auto& [index, segment] : answers.segments) {
    const auto* kept = state_.segments.find({job, index});
    if (!kept || kept->stage == segment_stage::results)
      continue;
    if (!segment.finished.empty()) {
      finished_elsewhere(kept->id);
      continue;
    }
    for (const auto node : state_.places.ranked(kept->id)) {
      if (std::ranges::find(segment.holders, node) == segment.holders.end())
        continue;
      if (node == state_.self && stood_in_.insert(kept->id).second)
        look_at(*kept, known->header);
      break;
    }
  }
}

/// Results come to all owners as soon as they are there, unless who brought them was cut short (its keeper began anew).
void run_duty::finished_elsewhere(segment_id id) {
  if (late_.contains(id))
    return orders_.fetch(id);
  if (late_now_.size() < late_max)
    late_now_.insert(id);
}

std::optional<time_point> run_duty::next_wake() const {
  if (strays_.empty())
    return std::nullopt;
  return next_look_;
}

} // namespace weft
