#include "runtime/corpus_job/corpus_job_core.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

void sooner(std::optional<time_point>& into, time_point other) {
  if (!into || other < *into)
    into = other;
}

} // namespace

std::string_view to_string(corpus_phase phase) noexcept {
  switch (phase) {
  case corpus_phase::waiting:
    return "waiting";
  case corpus_phase::gathering:
    return "gathering";
  case corpus_phase::loading:
    return "loading";
  case corpus_phase::running:
    return "running";
  case corpus_phase::keeping:
    return "keeping";
  case corpus_phase::pausing:
    return "pausing";
  case corpus_phase::failing:
    return "failing";
  case corpus_phase::ending:
    return "ending";
  case corpus_phase::ended:
    return "ended";
  }
  return "?";
}

corpus_job_core::corpus_job_core(corpus_job_setup setup, corpus_job_options options)
    : setup_(std::move(setup)), options_(options), epochs_(regroup::options{.ranks_max = options.ranks_max}) {
  WEFT_ASSERT(setup_.job_items > 0 || setup_.segments == 0);
  epochs_.saw(setup_.epoch_floor);
}

void corpus_job_core::set_members(std::span<const group_worker> live, size_t known, time_point now) {
  known_ = std::max(known, live.size());
  std::map<node_id, member> next;
  for (const auto& worker : live) {
    const auto found = members_.find(worker.node);
    if (found != members_.end() && found->second.worker == worker)
      next.insert(members_.extract(found));
    else
      next[worker.node] = {.worker = worker, .due = now, .heard = now};
  }
  members_ = std::move(next);
  if (phase_ == corpus_phase::loading || phase_ == corpus_phase::running || phase_ == corpus_phase::keeping)
    for (const auto& rank : plan_.ranks)
      if (const auto found = members_.find(rank.node); found == members_.end() || found->second.worker != rank) {
        break_epoch({errc::unavailable, "a node that took part is gone"}, now);
        break;
      }
  tick(now);
}

void corpus_job_core::embedded(time_point now) {
  if (std::exchange(is_embedded_, true) || phase_ != corpus_phase::waiting)
    return;
  gather(now);
  pump(now);
}

void corpus_job_core::surveyed(uint64_t ticket, result<corpus_survey> survey, time_point now) {
  if (ticket != survey_ticket_ || ticket == 0)
    return; // of an epoch before, or given up
  survey_ticket_ = 0;
  if (phase_ == corpus_phase::gathering && survey) {
    const uint64_t kept_in = survey->newest_generation / generations_of_epoch;
    survey_ = std::move(*survey);
    epochs_.saw(kept_in);
    if (kept_in >= epoch_ && !survey_->has_outcome)
      gather(now); // whoever listened then has forgotten; what is kept has not
    else
      try_form(now);
  } else if (!survey) {
    survey_at_ = now + options_.pause_min; // then it is asked again
  }
  pump(now);
}

void corpus_job_core::reported(const corpus_report& report, time_point now) {
  const auto found = members_.find(report.worker.node);
  if (report.job != setup_.job || found == members_.end() || found->second.worker != report.worker)
    return;
  auto& from = found->second;
  if (report.number <= from.seen || report.number > last_number_)
    return; // late, or a second time
  from.seen = report.number;
  from.heard = now;
  if (report.number == from.asked) {
    from.asked = 0;
    from.due = now + options_.beat;
  }
  accept(from, report, now);
  pump(now);
}

void corpus_job_core::accept(member& from, const corpus_report& report, time_point now) {
  if (phase_ == corpus_phase::waiting || phase_ == corpus_phase::ended)
    return; // it leads nothing now
  const bool is_gone = report.stage == corpus_stage::idle || report.stage == corpus_stage::refused;
  if (tells_end() && is_gone)
    from.report = report; // it has forgotten, or listens to somebody else
  if (phase_ == corpus_phase::ending)
    return;
  if (report.stage == corpus_stage::refused) {
    const bool is_news = report.epoch >= epoch_;
    epochs_.saw(report.epoch);
    if (is_news && phase_ != corpus_phase::pausing && phase_ != corpus_phase::failing)
      break_epoch({errc::unavailable, "another node leads, or has led, in epoch " + std::to_string(report.epoch)}, now);
    return;
  }
  if (report.epoch != epoch_)
    return; // of an epoch that is over
  // A share that was told once is not told again.
  auto share = from.report ? std::move(from.report->loaded) : std::nullopt;
  from.report = report;
  if (report.stage == corpus_stage::loaded && !report.loaded)
    from.report->loaded = std::move(share);
  switch (phase_) {
  case corpus_phase::gathering:
    if (report.stage > corpus_stage::prepared && report.stage != corpus_stage::failed)
      return gather(now); // this process led this epoch before, and has forgotten: go above it
    return try_form(now);
  case corpus_phase::loading:
    return look_at_loading(now);
  case corpus_phase::running:
    return look_at_running(now);
  case corpus_phase::keeping:
    return look_at_keeping(now);
  default:
    return;
  }
}

void corpus_job_core::outcome_kept(uint64_t ticket, const status& outcome, time_point now) {
  if (ticket == 0 || ticket != outcome_ticket_)
    return;
  outcome_ticket_ = 0;
  if (phase_ != corpus_phase::failing)
    return;
  if (outcome)
    over(now);
  else
    until_ = now + pause_after(++keep_tries_); // a job that cannot say why it failed waits for a disk or a node
  pump(now);
}

void corpus_job_core::stop(time_point now) {
  if (phase_ == corpus_phase::ended || phase_ == corpus_phase::ending)
    return;
  if (phase_ == corpus_phase::waiting || epoch_ == 0) {
    phase_ = corpus_phase::ended; // nobody knows of it
    return;
  }
  enter(corpus_phase::ending, now);
  until_ = now + options_.end_within;
  pump(now);
}

void corpus_job_core::resign() {
  phase_ = corpus_phase::ended;
}

bool corpus_job_core::tells_end() const {
  return phase_ == corpus_phase::ending || (phase_ == corpus_phase::pausing && is_released_);
}

/// Whoever is addressed in the new phase is told at once, also where an answer is on its way.
void corpus_job_core::enter(corpus_phase phase, time_point now) {
  phase_ = phase;
  since_ = now;
  for (auto& [node, it] : members_) {
    it.asked = 0;
    it.due = now;
    it.heard = now;
    if (phase == corpus_phase::gathering || tells_end())
      it.report.reset();
  }
}

bool corpus_job_core::is_addressed(const member& it) const {
  switch (phase_) {
  case corpus_phase::gathering:
    return true;
  case corpus_phase::loading:
  case corpus_phase::running:
  case corpus_phase::keeping:
    return is_rank(it);
  default:
    return tells_end() && !it.report;
  }
}

void corpus_job_core::ask_survey(time_point now) {
  survey_ticket_ = ++last_ticket_;
  survey_at_ = now + options_.survey_within;
  effects_.push_back(survey_corpus{survey_ticket_});
}

/// Gives orders to whoever is due.
void corpus_job_core::pump(time_point now) {
  if (phase_ == corpus_phase::gathering && !survey_ && survey_ticket_ == 0 && survey_at_ <= now)
    ask_survey(now);
  for (auto& [node, it] : members_) {
    if (!is_addressed(it))
      continue;
    if (it.asked != 0 && it.asked_at + options_.answer_within <= now)
      it.asked = 0; // lost; one that comes later still counts
    if (it.asked != 0 || it.due > now)
      continue;
    it.asked = ++last_number_;
    it.asked_at = now;
    it.due = now;
    effects_.push_back(send_order{node, order_for(it)});
  }
}

corpus_order corpus_job_core::order_for(const member& it) {
  corpus_order out{.job = setup_.job, .number = it.asked, .epoch = epoch_, .coordinator = setup_.self};
  if (tells_end())
    out.wish = corpus_wish::end;
  if (phase_ == corpus_phase::gathering || tells_end())
    return out;
  const auto rank =
      static_cast<size_t>(std::lower_bound(plan_.ranks.begin(), plan_.ranks.end(), it.worker) - plan_.ranks.begin());
  // Whoever loads is only asked how it goes: a share may be a megabyte.
  const bool is_told = it.report && (it.report->stage == corpus_stage::loading || it.report->loaded);
  if (phase_ == corpus_phase::loading && is_told)
    return out;
  if (phase_ == corpus_phase::loading) {
    out.wish = corpus_wish::load;
    out.load = corpus_load{.options = setup_.options,
                           .ranks = plan_.ranks,
                           .share = plan_.shares[rank],
                           .roster = plan_.roster,
                           .items = plan_.items,
                           .job_items = setup_.job_items};
    if (rank == 0 && has_checkpoint_ && !is_remembered_)
      out.load->from = newest_;
    return out;
  }
  out.wish = corpus_wish::run;
  if (keep_ && rank == keeper_)
    out.keep = keep_;
  return out;
}

void corpus_job_core::tick(time_point now) {
  check_time(now);
  pump(now);
}

void corpus_job_core::check_time(time_point now) {
  switch (phase_) {
  case corpus_phase::gathering:
    if (survey_ticket_ != 0 && survey_at_ <= now)
      survey_ticket_ = 0; // lost
    return try_form(now);
  case corpus_phase::loading:
    if (since_ + options_.load_within <= now)
      return break_epoch({errc::deadline_exceeded, "vectors were not loaded in time"}, now);
    return check_ranks(now);
  case corpus_phase::running:
    if (stepped_at_ + stall_max_ <= now)
      return break_epoch({errc::deadline_exceeded, "no rank has made a step for too long"}, now);
    return check_ranks(now);
  case corpus_phase::keeping:
    if (since_ + options_.stall_max <= now)
      return break_epoch({errc::deadline_exceeded, "the outcome was not kept in time"}, now);
    return check_ranks(now);
  case corpus_phase::pausing:
    if (until_ <= now)
      gather(now);
    return;
  case corpus_phase::failing:
    if (outcome_ticket_ == 0 && until_ <= now)
      fail(*failed_, now);
    return;
  case corpus_phase::ending: {
    const bool all =
        std::all_of(members_.begin(), members_.end(), [](const auto& it) { return it.second.report.has_value(); });
    if (all || until_ <= now)
      phase_ = corpus_phase::ended;
    return;
  }
  case corpus_phase::waiting:
  case corpus_phase::ended:
    return;
  }
}

void corpus_job_core::check_ranks(time_point now) {
  for (const auto& [node, it] : members_)
    if (is_rank(it) && it.heard + options_.silence_max <= now)
      return break_epoch({errc::unavailable, "a node that takes part does not answer"}, now);
}

std::optional<time_point> corpus_job_core::next_wake() const {
  std::optional<time_point> out;
  for (const auto& [node, it] : members_) {
    if (!is_addressed(it))
      continue;
    sooner(out, it.asked != 0 ? it.asked_at + options_.answer_within : it.due);
    if (phase_ != corpus_phase::gathering && !tells_end())
      sooner(out, it.heard + options_.silence_max);
  }
  switch (phase_) {
  case corpus_phase::gathering:
    if (!survey_)
      sooner(out, survey_at_);
    else if (is_patient_)
      sooner(out, until_);
    break;
  case corpus_phase::loading:
    sooner(out, since_ + options_.load_within);
    break;
  case corpus_phase::running:
    sooner(out, stepped_at_ + stall_max_);
    break;
  case corpus_phase::keeping:
    sooner(out, since_ + options_.stall_max);
    break;
  case corpus_phase::pausing:
  case corpus_phase::ending:
    sooner(out, until_);
    break;
  case corpus_phase::failing:
    if (outcome_ticket_ == 0)
      sooner(out, until_);
    break;
  case corpus_phase::waiting:
  case corpus_phase::ended:
    break;
  }
  return out;
}

} // namespace weft
