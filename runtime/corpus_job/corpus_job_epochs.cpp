#include "runtime/base/assert.hpp"
#include "runtime/base/mix_bits.hpp"
#include "runtime/corpus/work_time.hpp"
#include "runtime/corpus_job/corpus_job_core.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace weft {
namespace {

/// What another try cannot mend: it lies in what was asked for.
bool is_final(errc code) noexcept {
  return code == errc::invalid_argument || code == errc::empty_call || code == errc::too_many_items ||
         code == errc::call_too_large;
}

/// What passes: a node or the way to it.
bool passes(errc code) noexcept {
  return code == errc::unavailable || code == errc::deadline_exceeded || code == errc::cancelled ||
         code == errc::overloaded || code == errc::draining || code == errc::no_quorum;
}

attached_kind other(attached_kind kind) noexcept {
  return kind == attached_kind::checkpoint_a ? attached_kind::checkpoint_b : attached_kind::checkpoint_a;
}

} // namespace

bool corpus_job_core::is_rank(const member& it) const {
  return std::binary_search(plan_.ranks.begin(), plan_.ranks.end(), it.worker);
}

template <class Visit> void corpus_job_core::each_rank(Visit visit) {
  for (auto& [node, it] : members_)
    if (is_rank(it))
      visit(it);
}

bool corpus_job_core::all_ranks_are(corpus_stage stage) const {
  return std::all_of(members_.begin(), members_.end(), [&](const auto& each) {
    const auto& it = each.second;
    return !is_rank(it) || (it.report && it.report->stage == stage);
  });
}

bool corpus_job_core::all_have_loaded() const {
  return std::all_of(members_.begin(), members_.end(), [&](const auto& each) {
    const auto& it = each.second;
    return !is_rank(it) || (it.report && it.report->stage == corpus_stage::loaded && it.report->loaded);
  });
}

void corpus_job_core::gather(time_point now) {
  epoch_ = epochs_.epoch_seen() + 1;
  if (epoch_ >= corpus_epoch_max)
    return fail({errc::internal, "the job's epochs are used up"}, now);
  survey_.reset();
  survey_ticket_ = 0;
  survey_at_ = now;
  keep_.reset();
  keeper_ = keep_tries_ = generations_ = 0;
  enter(corpus_phase::gathering, now);
  is_patient_ = true;
  until_ = now + options_.prepare_within;
  epochs_.saw(epoch_);
}

void corpus_job_core::try_form(time_point now) {
  if (!survey_)
    return;
  if (survey_->has_outcome)
    return over(now); // somebody led it to its end
  std::vector<group_worker> promised;
  size_t answered = 0;
  for (const auto& [node, it] : members_) {
    answered += it.report.has_value();
    if (it.report && it.report->stage == corpus_stage::prepared)
      promised.push_back(it.worker);
  }
  is_patient_ = is_patient_ && answered < members_.size() && now < until_;
  if (is_patient_)
    return;
  if (promised.size() * 2 <= known_) {
    // Nothing to do but to ask on, unless one has no room.
    for (auto& [node, it] : members_)
      if (it.report && it.report->stage == corpus_stage::failed)
        return break_epoch(*it.report->why, now);
    return;
  }
  form(promised, now);
}

/// Who promised takes part, so far as it holds something.
void corpus_job_core::form(std::span<const group_worker> promised, time_point now) {
  const auto& found = survey_->segments;
  for (uint32_t s = 0; s < setup_.segments; ++s)
    if (s >= found.size() || found[s].segment != s)
      return break_epoch({errc::unavailable, "the results of segment " + std::to_string(s) + " are on no live node"},
                         now);
  auto plan = plan_ranks(std::span(found).first(setup_.segments), promised, &plan_, options_.ranks_max);
  if (!plan && plan.error().code == errc::unavailable)
    for (const auto& [node, it] : members_)
      if (it.report && it.report->stage == corpus_stage::failed)
        return break_epoch(*it.report->why, now); // it may be the one that has the results
  if (!plan)
    return break_epoch({plan.error().code, plan.error().message}, now);
  plan_ = std::move(*plan);
  if (plan_.roster != best_roster_) {
    best_roster_ = plan_.roster;
    best_ = {};
  }
  is_remembered_ = false;
  each_rank([&](member& it) {
    is_remembered_ = is_remembered_ || (it.report->roster == plan_.roster && it.report->progress > corpus_progress{});
  });
  has_checkpoint_ = false;
  uint64_t newest = 0;
  for (const auto& [kind, generation] : survey_->checkpoints)
    if (kind != attached_kind::outcome && generation >= newest) {
      std::tie(newest, newest_) = std::pair(generation, kind);
      has_checkpoint_ = true;
    }
  enter(corpus_phase::loading, now);
}

void corpus_job_core::look_at_loading(time_point now) {
  for (const auto& [node, it] : members_) {
    if (!is_rank(it) || !it.report)
      continue;
    if (it.report->stage == corpus_stage::failed)
      return break_epoch(*it.report->why, now);
    if (it.report->stage == corpus_stage::idle)
      return break_epoch({errc::unavailable, "a node has forgotten its part"}, now);
  }
  if (all_have_loaded())
    begin_run(now);
}

/// All vectors are there. What failed to embed is known only now: the segments' records say how many, not which.
void corpus_job_core::begin_run(time_point now) {
  std::vector<item_run> gaps;
  std::optional<std::string> version;
  std::optional<numeric_class> precision, other_class;
  bool is_mixed = false;
  corpus_facts size{.items = plan_.items};
  each_rank([&](member& it) {
    size.dimensions = std::max(size.dimensions, it.report->loaded->dimensions);
    gaps.insert(gaps.end(), it.report->loaded->gaps.begin(), it.report->loaded->gaps.end());
    is_mixed = is_mixed || (version && *version != it.report->loaded->model_version);
    version = it.report->loaded->model_version;
    other_class = precision && *precision != it.report->loaded->precision ? precision : other_class;
    precision = it.report->loaded->precision;
  });
  if (other_class)
    return fail({errc::model_unusable, mixed_classes(*other_class, *precision)}, now);
  if (is_mixed)
    return fail({errc::model_unusable, "its items were embedded by several versions of the model, whose vectors are "
                                       "not to be compared: submit it again"},
                now);
  for (const auto& holding : survey_->segments)
    if (holding.items == 0 && holding.failed > 0) // nobody loads it
      gaps.push_back({holding.first_item, holding.failed});
  auto all = item_gaps::of(std::move(gaps), setup_.job_items);
  if (!all)
    return break_epoch(
        {all.error().code == errc::invalid_argument ? errc::state_damaged : all.error().code, all.error().message},
        now);
  if (all->embedded() != plan_.items)
    return break_epoch({errc::state_damaged, "results do not have as many vectors as their summaries say"}, now);
  gaps_ = std::move(*all);
  model_version_ = version.value_or("");
  precision_ = precision.value_or(numeric_class::fp32);
  stall_max_ = options_.stall_max + longest_step(size, setup_.options);
  waits_ = 0;
  stepped_at_ = checkpoint_at_ = now;
  reached_ = checkpoint_of_ = {};
  enter(corpus_phase::running, now);
}

void corpus_job_core::look_at_running(time_point now) {
  for (const auto& [node, it] : members_) {
    if (!is_rank(it) || !it.report)
      continue;
    const auto& report = *it.report;
    if (report.stage == corpus_stage::failed)
      return break_epoch(*report.why, now);
    if (report.stage == corpus_stage::idle)
      return break_epoch({errc::unavailable, "a node has forgotten its part"}, now);
    const bool is_under_way = report.stage == corpus_stage::running || report.stage == corpus_stage::finished;
    if (!is_under_way)
      continue;
    if (report.progress > reached_) {
      reached_ = report.progress;
      stepped_at_ = now;
    }
    if (report.progress > best_) { // further than any epoch before: what ended those has not stopped the work
      best_ = report.progress;
      faults_ = breaks_ = 0;
    }
  }
  if (!all_ranks_are(corpus_stage::finished))
    return ask_checkpoint(now);
  std::optional<uint64_t> hash;
  bool differ = false;
  each_rank([&](member& it) {
    differ = differ || (hash && *hash != it.report->result_hash);
    hash = it.report->result_hash;
  });
  if (differ)
    return break_epoch({errc::internal, "ranks have other results than each other"}, now);
  keeper_ = keep_tries_ = 0;
  keep_next(attached_kind::outcome, now);
  enter(corpus_phase::keeping, now);
}

void corpus_job_core::keep_next(attached_kind kind, time_point now) {
  keep_ = corpus_keep{kind, generation_of(epoch_, ++generations_), {}, {}, {}};
  if (kind == attached_kind::outcome) {
    keep_->gaps = gaps_;
    keep_->model_version = model_version_;
    keep_->precision = precision_;
  }
  if (const auto found = members_.find(plan_.ranks[keeper_].node); found != members_.end() && found->second.asked == 0)
    found->second.due = now;
}

/// One at a time, by the first rank; every rank has the same. One that fails is left out: the next is not far.
void corpus_job_core::ask_checkpoint(time_point now) {
  const auto& first = members_.at(plan_.ranks[0].node).report;
  if (keep_ && first && first->kept >= keep_->generation) {
    newest_ = keep_->kind;
    has_checkpoint_ = true;
  }
  if (keep_ && first && std::max(first->kept, first->keep_failed) >= keep_->generation) {
    keep_.reset();
    checkpoint_at_ = now;
  }
  const bool is_worth_it = reached_.step >= corpus_step::iterations && reached_ > checkpoint_of_;
  if (keep_ || !is_worth_it || checkpoint_at_ + options_.checkpoint_period > now ||
      generations_ + 2 * options_.keep_tries_max >= generations_of_epoch)
    return;
  checkpoint_of_ = reached_;
  keep_next(other(newest_), now);
}

void corpus_job_core::look_at_keeping(time_point now) {
  for (const auto& [node, it] : members_)
    if (is_rank(it) && it.report &&
        (it.report->stage == corpus_stage::failed || it.report->stage == corpus_stage::idle))
      return break_epoch({errc::unavailable, "a node has forgotten its result"}, now);
  const auto& keeper = members_.at(plan_.ranks[keeper_].node).report;
  if (!keeper || std::max(keeper->kept, keeper->keep_failed) < keep_->generation)
    return;
  if (keeper->kept >= keep_->generation)
    return over(now);
  if (++keep_tries_ >= options_.keep_tries_max)
    return break_epoch({errc::no_quorum, "no rank could bring the outcome to safety"}, now);
  keeper_ = (keeper_ + 1) % ranks();
  keep_next(attached_kind::outcome, now);
}

void corpus_job_core::break_epoch(corpus_break why, time_point now) {
  if (is_final(why.code))
    return fail(std::move(why), now);
  // What has not run only waits: for a node, results or room; a job has as long for that as until it expires.
  const bool ran = phase_ == corpus_phase::running || phase_ == corpus_phase::keeping;
  auto& tries = !passes(why.code) ? faults_ : ran ? breaks_ : waits_;
  ++tries;
  last_break_ = why;
  if (faults_ >= options_.faults_max || breaks_ >= options_.breaks_max)
    return fail(std::move(why), now);
  // Two jobs that each have vectors where the other one lacks room for them would wait for each other.
  is_released_ = why.code == errc::overloaded || waits_ >= options_.waits_max;
  enter(corpus_phase::pausing, now);
  until_ = now + pause_after(faults_ + breaks_ + waits_ - (is_released_ ? 0 : 1));
  if (until_ <= now)
    gather(now);
}

/// Nothing before the first, then twice as long each time; each node a little differently, so that two that lead at the
/// same time do not meet again and again.
std::chrono::milliseconds corpus_job_core::pause_after(uint32_t tries) const {
  if (tries == 0)
    return {};
  const auto pause = std::min(options_.pause_max, options_.pause_min * (int64_t{1} << std::min(tries - 1, 20U)));
  const auto spread = mix_bits(static_cast<uint64_t>(setup_.self.node) ^ mix_bits(epoch_ + tries));
  return pause + std::chrono::milliseconds{spread % static_cast<uint64_t>(pause.count() + 1)};
}

/// Ends the job without a result, once that is safe.
void corpus_job_core::fail(corpus_break why, time_point now) {
  failed_ = std::move(why);
  last_break_ = failed_;
  enter(corpus_phase::failing, now);
  auto gaps = item_gaps::of({}, setup_.job_items);
  WEFT_ASSERT(gaps);
  outcome_ticket_ = ++last_ticket_;
  effects_.push_back(keep_outcome{outcome_ticket_,
                                  generation_of(std::min(epoch_, corpus_epoch_max - 1), 0),
                                  {std::nullopt, failed_->code, failed_->message, std::move(*gaps), ""}});
}

void corpus_job_core::over(time_point now) {
  effects_.push_back(corpus_over{failed_});
  enter(corpus_phase::ending, now);
  until_ = now + options_.end_within;
}

} // namespace weft
