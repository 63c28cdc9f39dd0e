#include "runtime/jobs/progress_counter.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

using namespace std::chrono_literals;

constexpr uint32_t range_segments = 2'048;    // metas of one answer: about 200 kB
constexpr uint32_t rounds_under_way_max = 16; // jobs that are counted at once
constexpr auto period_min = std::chrono::milliseconds{50};
constexpr auto period_max = std::chrono::milliseconds{5'000}; // of a job in which nothing changes
constexpr uint64_t count_rate_max = 20'000;                   // metas a second: about 2 MB/s

void add(job_progress& to, const segment_meta& meta) {
  to.items_done += meta.items;
  to.items_failed += meta.failed;
  to.items_cached += meta.cached;
  to.tokens += meta.tokens;
  to.device_seconds += meta.device_seconds;
}

job_progress sum(job_progress a, const job_progress& b) {
  a.items_done += b.items_done;
  a.items_failed += b.items_failed;
  a.items_cached += b.items_cached;
  a.tokens += b.tokens;
  a.device_seconds += b.device_seconds;
  return a;
}

} // namespace

progress_counter::counting& progress_counter::start(const job_header& header) {
  const auto [at, added] = jobs_.try_emplace(header.id);
  auto& it = at->second;
  if (added || header.state != it.state) {
    it.state = header.state;
    it.period = period_min;
    it.due = std::min(added ? time_point::max() : it.due, state_.now.steady + period_min);
  }
  return it;
}

void progress_counter::header_changed(const job_header& header) {
  if (is_end(header.state) || !state_.places.owns_header(header.id))
    jobs_.erase(header.id);
  else
    start(header);
}

void progress_counter::segment_finished(segment_id id) {
  const auto found = jobs_.find(id.job);
  if (found == jobs_.end())
    return;
  found->second.due = std::min(found->second.due, state_.now.steady + state_.options.header_period);
  // The results of a small job are few: its end is not far.
  if (const auto* job = state_.headers.find(id.job); job && job->header.segments_total.value_or(~0u) <= 16)
    found->second.due = std::min(found->second.due, state_.now.steady + period_min);
}

void progress_counter::look_again(job_id id) {
  if (const auto found = jobs_.find(id); found != jobs_.end())
    found->second.due = std::min(found->second.due, state_.now.steady + period_min);
}

void progress_counter::members_changed() {
  std::erase_if(jobs_, [&](const auto& it) { return !state_.places.owns_header(it.first); });
  for (const auto& [id, job] : state_.headers.all())
    if (!is_end(job.header.state) && state_.places.owns_header(id)) {
      auto& it = start(job.header);
      it.period = period_min;
      it.due = std::min(it.due, state_.now.steady + period_min);
    }
}

void progress_counter::tick() {
  for (auto& [id, it] : jobs_) {
    if (it.round != 0 || it.due > state_.now.steady)
      continue;
    if (under_way_ >= rounds_under_way_max)
      return;
    ++under_way_;
    it.round = ++last_round_;
    it.beyond = {};
    it.attached = {};
    it.metas = 0;
    it.is_gapless = true;
    ask(id, it.round, it.frontier);
  }
}

void progress_counter::ask(job_id job, uint64_t round, uint32_t from) {
  survey_members(state_, job, from, range_segments,
                 [this, job, round](job_surveyed_by_all answers) { heard(job, round, std::move(answers)); });
}

void progress_counter::heard(job_id job, uint64_t round, job_surveyed_by_all answers) {
  if (!answers.headers.empty())
    keeper_.keep(std::move(answers.headers), {}, [](const status&) {});
  const auto found = jobs_.find(job);
  const auto* known = state_.headers.find(job);
  if (found == jobs_.end() || found->second.round != round || !known) { // not ours any more
    --under_way_;
    return;
  }
  auto& it = found->second;
  for (const auto& [index, segment] : answers.segments)
    add(it, index, segment, known->header.spec.durability.synced);
  if (answers.next)
    return ask(job, round, *answers.next);
  --under_way_;
  round_ends(job, it);
}

void progress_counter::add(counting& it, uint32_t index, const surveyed_segment& segment, uint32_t synced) {
  ++it.metas;
  if (is_attached(index))
    return it.attached.add(segment);
  if (segment.finished.empty()) {
    it.is_gapless = false;
    return;
  }
  const bool is_next = it.is_gapless && index == it.frontier && segment.finished.size() >= synced;
  weft::add(is_next ? it.before : it.beyond, segment.best);
  if (is_next)
    ++it.frontier;
  else
    it.is_gapless = false;
}

void progress_counter::round_ends(job_id job, counting& it) {
  it.round = 0;
  const bool changed = report(job, it);
  const auto found = jobs_.find(job); // it may have ended
  if (found == jobs_.end())
    return;
  auto& next = found->second;
  const std::chrono::milliseconds cost{next.metas * 1'000 / count_rate_max};
  if (changed)
    next.period = state_.options.header_period;
  else
    next.period = std::min(next.period * 2, period_max);
  next.due = state_.now.steady + std::max(next.period, cost);
}

/// Tells all nodes; true when there is something new.
bool progress_counter::report(job_id job, const counting& it) {
  const auto* known = state_.headers.find(job);
  auto header = known->header;
  auto progress = sum(it.before, it.beyond);
  progress.items_durable = std::max(header.progress.items_durable, progress.items_done);
  const bool is_corpus = !header.spec.corpus.empty();
  const bool has_results =
      header.state == job_state::running && header.segments_total && it.frontier >= *header.segments_total;
  const bool is_done =
      has_results && (!is_corpus || it.attached.is_whole(attached_kind::outcome, header.spec.durability.synced));
  if (has_results && !is_done && embedded_)
    embedded_(job);
  if (is_done) {
    const bool has_failures =
        progress.items_failed > 0 || (is_corpus && it.attached.has_failed(attached_kind::outcome));
    header.state = has_failures ? job_state::done_with_failures : job_state::done;
    header.ended = state_.now.wall;
  }
  header.progress = progress;
  auto merged_header = known->header;
  if (!merge(merged_header, header))
    return false;
  header.stamp = state_.stamp();
  if (!is_done) {
    copies_.publish(std::move(header));
    return true;
  }
  const copy_goal goal{header.spec.durability, state_.now.steady + state_.options.open_within};
  copies_.publish(std::move(header), goal, [](const status&) {}); // what fails now, comparing headers repairs
  return true;
}

std::optional<time_point> progress_counter::next_wake() const {
  std::optional<time_point> out;
  if (under_way_ < rounds_under_way_max)
    for (const auto& [id, it] : jobs_)
      if (it.round == 0)
        sooner(out, it.due);
  return out;
}

} // namespace weft
