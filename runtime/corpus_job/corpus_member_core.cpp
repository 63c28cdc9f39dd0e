#include "runtime/corpus_job/corpus_member_core.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace weft {
namespace {

failure no_room() {
  return {errc::overloaded, "the node takes part in as many corpus jobs as it may"};
}

/// Neighbours become one, as long as there are neighbours: a run that crosses segments counts once.
std::vector<item_run> joined(const std::vector<item_run>& runs) {
  std::vector<item_run> out;
  for (const auto& run : runs)
    if (!out.empty() && out.back().first + out.back().count == run.first)
      out.back().count += run.count;
    else
      out.push_back(run);
  return out;
}

} // namespace

/// For vectors of this job.
bool corpus_member_core::has_room(job_id job) const {
  const auto others = std::count_if(parts_.begin(), parts_.end(),
                                    [&](const auto& it) { return it.first != job && it.second.has_vectors; });
  return others < static_cast<int64_t>(options_.corpora_max);
}

/// For the first time.
status corpus_member_core::may_promise(job_id job) const {
  if (!ready_)
    return ready_;
  return has_room(job) && parts_.size() < options_.promises_max ? ok : status{no_room()};
}

corpus_report corpus_member_core::ordered(const corpus_order& order, time_point now) {
  corpus_report nothing{
      .job = order.job, .number = order.number, .worker = self_, .epoch = order.epoch, .progress = {}};
  auto found = parts_.find(order.job);
  if (found == parts_.end()) {
    if (order.wish != corpus_wish::prepare) // it has never promised to listen: nothing of it is here
      return nothing;
    if (const auto may = may_promise(order.job); !may) {
      nothing.stage = corpus_stage::failed;
      nothing.why = corpus_break{may.error().code, may.error().message};
      return nothing;
    }
    found = parts_.try_emplace(order.job).first;
  }
  auto& it = found->second;
  if (order.epoch < it.epoch || (order.epoch == it.epoch && order.coordinator != it.coordinator)) {
    auto out = report_of(order, it);
    out.stage = corpus_stage::refused;
    out.why.reset();
    return out;
  }
  if (order.wish == corpus_wish::end) {
    leave(order.job, it);
    parts_.erase(found);
    effects_.push_back(forget_corpus{order.job});
    return nothing;
  }
  it.heard = now;
  if (order.epoch > it.epoch)
    listen(order.job, it, order);
  obey(it, order);
  return report_of(order, it);
}

/// A new epoch begins: what was under way is over, what is remembered stays.
void corpus_member_core::listen(job_id job, part& it, const corpus_order& order) {
  leave(job, it);
  part next;
  next.epoch = order.epoch;
  next.coordinator = order.coordinator;
  next.heard = it.heard;
  next.has_vectors = it.has_vectors;
  next.roster = it.roster;
  next.progress = it.progress;
  it = std::move(next);
  if (!ready_) // a promise would be planned with, and the epoch end where it loads
    fail(it, ready_.error());
}

void corpus_member_core::leave(job_id job, part& it) {
  if (it.stage == corpus_stage::loading || it.stage == corpus_stage::running || it.stage == corpus_stage::finished)
    effects_.push_back(stop_corpus{job, it.epoch});
}

void corpus_member_core::obey(part& it, const corpus_order& order) {
  if (order.wish == corpus_wish::load && it.stage == corpus_stage::prepared)
    load(it, order);
  if (order.wish != corpus_wish::run)
    return;
  if (it.stage == corpus_stage::loaded) {
    it.stage = corpus_stage::running;
    effects_.push_back(start_corpus{order.job, it.epoch, it.formation});
  }
  const bool has_something = it.stage == corpus_stage::running || it.stage == corpus_stage::finished;
  if (order.keep && has_something && order.keep->generation > it.keep_asked) {
    if (order.keep->kind == attached_kind::outcome && it.stage != corpus_stage::finished)
      return; // a later order finds it finished
    it.keep_asked = order.keep->generation;
    effects_.push_back(keep_corpus{order.job, it.epoch, *order.keep});
  }
}

void corpus_member_core::load(part& it, const corpus_order& order) {
  group_formation formation{order.epoch, order.load->ranks};
  if (!formation.place_of(self_))
    return fail(it, {errc::unavailable, "this process is not among the ranks: it has started anew"});
  if (!has_room(order.job))
    return fail(it, no_room());
  it.formation = std::move(formation);
  it.has_vectors = true;
  if (it.roster != order.load->roster) {
    it.roster = order.load->roster;
    it.progress = {};
  }
  it.stage = corpus_stage::loading;
  effects_.push_back(load_corpus{order.job, it.epoch, *order.load});
}

void corpus_member_core::fail(part& it, const failure& why) {
  it.stage = corpus_stage::failed;
  it.why = corpus_break{why.code, why.message};
}

corpus_report corpus_member_core::report_of(const corpus_order& order, const part& it) const {
  corpus_report out{.job = order.job,
                    .number = order.number,
                    .worker = self_,
                    .epoch = it.epoch,
                    .stage = it.stage,
                    .roster = it.roster,
                    .progress = it.progress,
                    .why = it.why,
                    .result_hash = it.result_hash,
                    .kept = it.kept,
                    .keep_failed = it.keep_failed};
  if (it.stage == corpus_stage::loaded && order.wish == corpus_wish::load)
    out.loaded = it.share;
  return out;
}

corpus_member_core::part* corpus_member_core::find(job_id job, uint64_t epoch) {
  const auto found = parts_.find(job);
  return found != parts_.end() && found->second.epoch == epoch ? &found->second : nullptr;
}

void corpus_member_core::loaded(job_id job, uint64_t epoch, result<corpus_loaded> outcome) {
  auto* it = find(job, epoch);
  if (!it || it->stage != corpus_stage::loading)
    return;
  if (!outcome)
    return fail(*it, outcome.error());
  outcome->share.gaps = joined(outcome->share.gaps);
  if (outcome->share.gaps.size() > gap_runs_max) // no message has room for them
    return fail(*it,
                {errc::too_many_items, "items that failed to embed lie in more than " + std::to_string(gap_runs_max) +
                                           " runs on one node; a corpus has room for no more: mend the texts that "
                                           "fail, and submit the job again"});
  it->stage = corpus_stage::loaded;
  it->share = std::move(outcome->share);
  it->progress = outcome->progress;
}

void corpus_member_core::stepped(job_id job, uint64_t epoch, corpus_progress progress) {
  if (auto* it = find(job, epoch); it && it->stage == corpus_stage::running)
    it->progress = progress;
}

void corpus_member_core::finished(job_id job, uint64_t epoch, result<uint64_t> result_hash) {
  auto* it = find(job, epoch);
  if (!it || it->stage != corpus_stage::running)
    return;
  if (!result_hash)
    return fail(*it, result_hash.error());
  it->stage = corpus_stage::finished;
  it->result_hash = *result_hash;
}

void corpus_member_core::kept(job_id job, uint64_t epoch, uint64_t generation, const status& outcome) {
  auto* it = find(job, epoch);
  if (!it)
    return;
  auto& last = outcome ? it->kept : it->keep_failed;
  last = std::max(last, generation);
}

void corpus_member_core::job_ended(job_id job) {
  const auto found = parts_.find(job);
  if (found == parts_.end())
    return;
  leave(job, found->second);
  parts_.erase(found);
  effects_.push_back(forget_corpus{job});
}

void corpus_member_core::tick(time_point now) {
  std::vector<job_id> orphans;
  for (const auto& [job, it] : parts_)
    if (it.heard + options_.orphan_after <= now)
      orphans.push_back(job);
  for (const auto job : orphans)
    job_ended(job);
}

std::optional<time_point> corpus_member_core::next_wake() const {
  std::optional<time_point> out;
  for (const auto& [job, it] : parts_)
    out = out ? std::min(*out, it.heard + options_.orphan_after) : it.heard + options_.orphan_after;
  return out;
}

} // namespace weft
