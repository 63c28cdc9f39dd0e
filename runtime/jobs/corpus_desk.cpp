#include "runtime/jobs/corpus_desk.hpp"

#include "runtime/corpus_job/corpus_terms.hpp"
#include "runtime/corpus_job/message_codec.hpp"
#include "runtime/jobs/attachment_store.hpp"
#include "runtime/jobs/corpus_finder.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <variant>

namespace weft {
namespace {

using namespace std::chrono_literals;

/// After its end a leader has told everybody; if the job goes on then, its outcome was lost before it was safe.
constexpr auto lead_again_after = 10s;

uint64_t epoch_floor_of(const job_header& header, wall_time now) noexcept {
  const auto tenths = (now - header.spec.created) / 100ms;
  return static_cast<uint64_t>(std::clamp<int64_t>(tenths, 0, int64_t{corpus_epoch_max} / 2));
}

} // namespace

std::optional<group_worker> corpus_desk::self() const {
  const auto found = std::ranges::find(state_.workers, state_.self, &group_worker::node);
  return found == state_.workers.end() ? std::nullopt : std::optional{*found};
}

corpus_job_core* corpus_desk::find(job_id job) {
  const auto found = leaders_.find(job);
  return found == leaders_.end() ? nullptr : &found->second.core;
}

const corpus_job_core* corpus_desk::leading(job_id job) const {
  const auto found = leaders_.find(job);
  return found == leaders_.end() ? nullptr : &found->second.core;
}

void corpus_desk::embedded(job_id job) {
  const auto* known = state_.headers.find(job);
  if (!known || is_draining_ || known->header.state != job_state::running || !state_.places.owns_header(job))
    return;
  if (const auto found = leaders_.find(job); found != leaders_.end()) {
    if (!found->second.ended_at || *found->second.ended_at + lead_again_after > state_.now.steady)
      return;
    leaders_.erase(found);
  }
  lead(known->header);
}

void corpus_desk::lead(const job_header& header) {
  const auto me = self();
  const auto terms = decode_corpus_terms(header.spec.corpus);
  if (!me || !terms) // whose release wrote these terms leads it
    return;
  corpus_job_setup setup{.job = header.id,
                         .self = *me,
                         .options = terms->options,
                         .job_items = header.items_total.value_or(0),
                         .segments = header.segments_total.value_or(0),
                         .epoch_floor = epoch_floor_of(header, state_.now.wall)};
  if (setup.job_items == 0 && setup.segments > 0)
    return;
  auto& core = leaders_.try_emplace(header.id, leader{corpus_job_core{std::move(setup), state_.options.corpus_leading}})
                   .first->second.core;
  core.set_members(state_.workers, state_.workers_known, state_.now.steady);
  core.embedded(state_.now.steady);
}

void corpus_desk::members_changed() {
  const auto me = self();
  if (me && (!member_ || member_as_ != *me)) {
    member_.emplace(*me, state_.options.corpus_part);
    member_->set_ready(ready_);
    member_as_ = *me;
  }
  for (auto it = leaders_.begin(); it != leaders_.end();) {
    if (me && state_.places.owns_header(it->first)) {
      it->second.core.set_members(state_.workers, state_.workers_known, state_.now.steady);
      ++it;
    } else {
      it->second.core.resign();
      it = leaders_.erase(it);
    }
  }
}

void corpus_desk::header_changed(const job_header& header) {
  if (!is_end(header.state))
    return;
  if (auto* core = find(header.id))
    core->stop(state_.now.steady);
  if (member_)
    member_->job_ended(header.id);
}

void corpus_desk::drain() {
  is_draining_ = true;
  for (auto& [job, it] : leaders_)
    it.core.resign();
  leaders_.clear();
  if (member_)
    for (const auto& [job, known] : state_.headers.all())
      member_->job_ended(job);
}

result<corpus_report> corpus_desk::report_on(const corpus_order& order) {
  if (!member_)
    return failure{errc::unavailable, "the node is no member yet"};
  if (is_draining_)
    return failure{errc::draining, "the node takes no part in corpora any more"};
  const auto* job = state_.headers.find(order.job);
  if (job && is_end(job->header.state) && order.wish != corpus_wish::end)
    return failure{errc::cancelled, "the job has ended"};
  return member_->ordered(order, state_.now.steady);
}

void corpus_desk::ordered(uint64_t exchange, const corpus_exchange& request) {
  const auto order = decode_corpus_order(request.bytes);
  const auto report = order ? report_on(*order) : result<corpus_report>{order.error()};
  if (report)
    state_.desk.want(answer_node{exchange, job_answer{corpus_exchanged{encode(*report)}}});
  else
    state_.desk.want(answer_node{exchange, report.error()});
}

void corpus_desk::on(corpus_events::stepped& event) {
  if (member_)
    member_->stepped(event.job, event.epoch, event.progress);
}

void corpus_desk::on(corpus_events::finished& event) {
  if (member_)
    member_->finished(event.job, event.epoch, std::move(event.result_hash));
}

void corpus_desk::on(corpus_events::encoded& event) {
  const auto asked = encoding_.extract({event.job, event.epoch, event.generation});
  if (asked.empty() || !member_)
    return;
  if (!event.bytes)
    return member_->kept(event.job, event.epoch, event.generation, event.bytes.error());
  keep_attachment(state_, copies_, {event.job, asked.mapped(), event.generation, std::move(*event.bytes)},
                  [this, job = event.job, epoch = event.epoch, generation = event.generation](const status& kept) {
                    if (member_)
                      member_->kept(job, epoch, generation, kept);
                  });
}

void corpus_desk::on(corpus_events::readiness& event) {
  ready_ = std::move(event.to_begin);
  if (member_)
    member_->set_ready(ready_);
}

void corpus_desk::tick() {
  for (auto& [job, it] : leaders_)
    it.core.tick(state_.now.steady);
  if (member_)
    member_->tick(state_.now.steady);
}

std::optional<time_point> corpus_desk::next_wake() const {
  std::optional<time_point> out;
  for (const auto& [job, it] : leaders_)
    sooner(out, it.core.next_wake());
  if (member_)
    sooner(out, member_->next_wake());
  return out;
}

bool corpus_desk::pass_on() {
  bool any = false;
  for (auto& [job, it] : leaders_)
    for (auto& effect : it.core.take_effects()) {
      any = true;
      std::visit([&, id = job](auto& wanted) { perform(id, wanted); }, effect);
    }
  if (member_)
    for (auto& effect : member_->take_effects()) {
      any = true;
      std::visit([this](auto& wanted) { perform(wanted); }, effect);
    }
  sweep();
  return any;
}

/// Leaders that have ended stay as long as their job does, or for a while.
void corpus_desk::sweep() {
  for (auto at = leaders_.begin(); at != leaders_.end();) {
    auto& it = at->second;
    const bool is_over = it.core.phase() == corpus_phase::ended;
    if (is_over && !it.ended_at)
      it.ended_at = state_.now.steady;
    const auto* job = state_.headers.find(at->first);
    at = is_over && (!job || is_end(job->header.state)) ? leaders_.erase(at) : std::next(at);
  }
}

void corpus_desk::perform(job_id job, survey_corpus& wanted) {
  find_corpus(state_, keeper_, job, [this, job, ticket = wanted.ticket](result<found_corpus> found) {
    auto* core = find(job);
    if (core && found)
      core->surveyed(ticket, std::move(found->survey), state_.now.steady);
    else if (core)
      core->surveyed(ticket, found.error(), state_.now.steady);
  });
}

void corpus_desk::perform(job_id job, send_order& wanted) {
  if (wanted.to == state_.self)
    return state_.desk.later([this, job, order = std::move(wanted.order)] {
      const auto report = report_on(order);
      if (auto* core = find(job); core && report)
        core->reported(*report, state_.now.steady);
    });
  state_.desk.ask_for<corpus_exchanged>(wanted.to, corpus_exchange{encode(wanted.order)},
                                        state_.options.corpus_leading.answer_within,
                                        [this, job](result<corpus_exchanged> answer) {
                                          auto* core = find(job);
                                          if (!core || !answer) // who does not answer is asked again
                                            return;
                                          if (const auto report = decode_corpus_report(answer->bytes))
                                            core->reported(*report, state_.now.steady);
                                        });
}

void corpus_desk::perform(job_id job, keep_outcome& wanted) {
  const bool has_failed = !wanted.outcome.result.has_value();
  keep_attachment(state_, copies_, {job, attached_kind::outcome, wanted.generation, encode(wanted.outcome), has_failed},
                  [this, job, ticket = wanted.ticket](const status& kept) {
                    if (auto* core = find(job))
                      core->outcome_kept(ticket, kept, state_.now.steady);
                  });
}

void corpus_desk::perform(job_id job, corpus_over&) {
  orders_.outcome_kept(job);
}

void corpus_desk::perform(load_corpus& wanted) {
  loader_.load(wanted.job, wanted.epoch, std::move(wanted.load),
               [this, job = wanted.job, epoch = wanted.epoch](result<corpus_loaded> outcome) {
                 if (member_)
                   member_->loaded(job, epoch, std::move(outcome));
               });
}

void corpus_desk::perform(start_corpus& wanted) {
  state_.desk.want(want_corpus{std::move(wanted)});
}

void corpus_desk::perform(stop_corpus& wanted) {
  loader_.cancel(wanted.job, wanted.epoch);
  std::erase_if(encoding_, [&](const auto& it) { return std::get<0>(it.first) == wanted.job; });
  state_.desk.want(want_corpus{wanted});
}

void corpus_desk::perform(keep_corpus& wanted) {
  encoding_[{wanted.job, wanted.epoch, wanted.keep.generation}] = wanted.keep.kind;
  state_.desk.want(want_corpus{encode_corpus{wanted.job, wanted.epoch, std::move(wanted.keep)}});
}

void corpus_desk::perform(forget_corpus& wanted) {
  loader_.cancel_runs(wanted.job);
  std::erase_if(encoding_, [&](const auto& it) { return std::get<0>(it.first) == wanted.job; });
  state_.desk.want(want_corpus{wanted});
}

} // namespace weft
