#include "actors/device_group.hpp"

#include "actors/job_event.hpp"
#include "actors/parent.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

failure other_epoch() {
  return {errc::cancelled, "the node takes part in another epoch of this corpus now, or has forgotten it"};
}

/// What the segments of a share have in common. errc::model_unusable: they were embedded by several versions, or in
/// several numeric classes.
result<loaded_share> facts_of(std::span<const placed_segment> share) {
  loaded_share out;
  for (const auto& [place, vectors] : share) {
    out.gaps.insert(out.gaps.end(), vectors->gaps.begin(), vectors->gaps.end());
    if (vectors->model_version != share.front().vectors->model_version)
      return failure{errc::model_unusable, "its items were embedded by several versions of the model, whose vectors "
                                           "are not comparable: submit it anew"};
    if (vectors->precision != share.front().vectors->precision)
      return failure{errc::model_unusable, mixed_classes(vectors->precision, share.front().vectors->precision)};
  }
  if (!share.empty()) {
    out.model_version = share.front().vectors->model_version;
    out.precision = share.front().vectors->precision;
    out.dimensions = share.front().vectors->dimensions;
  }
  return out;
}

} // namespace

void device_group_state::start(const device_group_setup& setup) {
  setup_ = setup;
  store_.emplace(setup.options.bytes_max);
  counters_ = setup.board->counters();
  publish();
}

device_group_state::part* device_group_state::find(job_id job, uint64_t epoch) {
  const auto found = parts_.find(job);
  const bool is_it = found != parts_.end() && !found->second.is_forgotten && found->second.epoch == epoch;
  return is_it ? &found->second : nullptr;
}

void device_group_state::ask(const corpus_slip_ptr& asked) {
  std::visit([&](auto& it) { perform(it, asked); }, asked->effect);
  publish();
}

void device_group_state::hear(corpus_notice& notice) {
  std::visit([&](auto& it) { on(it); }, notice.what);
  publish();
}

void device_group_state::perform(plan_corpus& it, const corpus_slip_ptr& asked) {
  if (it.epoch == 0)
    return plan_search(it, *asked);
  if (auto begun = begin_epoch(it); !begun)
    return asked->fail(std::move(begun.error()));
  auto lacking = store_->plan_run(it.job, it.load.share);
  auto& mine = parts_.at(it.job);
  mine.load = std::move(it.load);
  if (!lacking)
    give_way(it.job, mine, lacking.error());
  asked->end(corpus_events::lacks{it.job, it.epoch, std::move(lacking), it.number});
}

void device_group_state::plan_search(plan_corpus& it, corpus_slip& asked) {
  asked.end(corpus_events::lacks{it.job, 0, store_->plan_search(it.job, it.load.share, now()), it.number});
  if (!std::exchange(ticking_, true))
    self_->delayed_send(self_, setup_.options.idle_max, tick_atom_v);
}

status device_group_state::begin_epoch(const plan_corpus& it) {
  const auto known = parts_.find(it.job);
  if (known != parts_.end() && !known->second.is_forgotten && known->second.epoch > it.epoch)
    return other_epoch();
  if (draining_)
    return failure{errc::draining, "the node is about to leave, and begins nothing that others would have to do again"};
  if (known == parts_.end() && parts_.size() >= setup_.options.corpora_max)
    return failure{errc::overloaded,
                   "the node takes part in as many corpus jobs as it may: " + std::to_string(parts_.size()),
                   {{"limit", std::to_string(setup_.options.corpora_max)}}};
  if (auto may = may_begin(); !may)
    return may;
  auto& mine = parts_[it.job];
  leave_epoch(mine, other_epoch());
  if (mine.is_forgotten || mine.load.roster != it.load.roster)
    mine.checkpoint.reset();
  mine.outcome.reset();
  mine.is_loaded = mine.is_forgotten = mine.is_refused = false;
  mine.epoch = it.epoch;
  return ok;
}

status device_group_state::may_begin() const {
  if (lost_.size() < setup_.options.ranks_lost_max)
    return ok;
  return failure{errc::unavailable,
                 std::to_string(lost_.size()) + " ranks of former epochs hang in a driver or a library of this node, "
                                                "which has to be started anew",
                 {{"limit", std::to_string(setup_.options.ranks_lost_max)}}};
}

/// Else this node would promise to take part, and each epoch that counts on it would end where it loads.
void device_group_state::tell_readiness() {
  if (wiring_ && wiring_->jobs)
    self_->send(wiring_->jobs, std::make_shared<job_event>(job_events::corpus{corpus_events::readiness{may_begin()}}));
}

void device_group_state::perform(seal_corpus& it, const corpus_slip_ptr& asked) {
  auto* mine = find(it.job, it.epoch);
  if (it.epoch != 0 && !mine)
    return asked->fail(other_epoch());
  if (!mine) // whoever searches knows what is in its shares
    return asked->end(corpus_events::loaded{it.job, 0, corpus_loaded{}, it.number});
  const auto share = store_->find(it.job, mine->load.share);
  if (!share)
    return asked->fail({errc::unavailable, "some of the vectors of this node's share have not come"});
  auto facts = facts_of(*share);
  if (!facts)
    return asked->fail(std::move(facts.error()));
  if (auto reserved = store_->reserve_run(it.job, *share); !reserved) {
    give_way(it.job, *mine, reserved.error());
    return asked->fail(std::move(reserved.error()));
  }
  adopt_checkpoint(*mine, it);
  mine->is_loaded = true;
  asked->end(corpus_events::loaded{
      it.job, it.epoch,
      corpus_loaded{*std::move(facts), mine->checkpoint ? progress_of(*mine->checkpoint) : corpus_progress{}},
      it.number});
}

/// A share that cannot be whole for want of memory keeps no part of it: two corpora would wait for each other for good.
void device_group_state::give_way(job_id job, part& it, const failure& why) {
  if (why.code != errc::overloaded)
    return;
  it.is_refused = true;
  it.is_loaded = false;
  if (!it.rank) // else when that has left
    store_->release(job);
}

/// The further of what is remembered and what was kept.
void device_group_state::adopt_checkpoint(part& it, const seal_corpus& sealed) const {
  if (!sealed.from || sealed.from->roster != it.load.roster)
    return;
  if (!it.checkpoint || progress_of(*it.checkpoint) < progress_of(sealed.from->checkpoint))
    it.checkpoint = std::make_shared<const corpus_checkpoint>(sealed.from->checkpoint);
}

void device_group_state::perform(start_corpus& it, const corpus_slip_ptr& asked) {
  auto* mine = find(it.job, it.epoch);
  if (!mine)
    return asked->fail(other_epoch());
  if (!mine->is_loaded)
    return asked->fail({errc::unavailable, "the vectors of this node's share are not loaded"});
  if (auto adopted = mine->membership.adopt(std::move(it.formation)); !adopted)
    return asked->fail(std::move(adopted.error()));
  mine->running = asked;
  if (!mine->rank) // else when that has left
    find_engines(it.job);
}

void device_group_state::perform(stop_corpus& it, const corpus_slip_ptr&) {
  if (auto* mine = find(it.job, it.epoch))
    leave_epoch(*mine, {errc::cancelled, "the node was told to stop its part"});
}

void device_group_state::perform(forget_corpus& it, const corpus_slip_ptr&) {
  forget(it.job);
}

void device_group_state::forget(job_id job) {
  const auto found = parts_.find(job);
  if (found == parts_.end())
    return store_->drop(job); // nobody is to search it either
  auto& mine = found->second;
  leave_epoch(mine, {errc::cancelled, "the corpus is not needed any more"});
  mine.checkpoint.reset();
  mine.outcome.reset();
  mine.load = {};
  mine.is_forgotten = true;
  if (mine.rank)
    return; // what it reserved is still in use
  store_->release(job);
  parts_.erase(found);
}

void device_group_state::wire(const wiring_ptr& wiring) {
  const auto before = std::exchange(wiring_, wiring);
  if (!before)
    end_with(self_, wiring->supervisor);
  if (before && before->jobs == wiring->jobs)
    return;
  tell_readiness();
  if (!before)
    return;
  // Nobody leads these parts any more: the next keeper knows nothing of them.
  std::vector<job_id> jobs;
  for (const auto& [job, it] : parts_)
    jobs.push_back(job);
  for (const auto job : jobs)
    forget(job);
  publish();
}

void device_group_state::stop() {
  let_ranks_go();
  self_->quit(); // what is still owed answers itself
}

void device_group_state::tick() {
  store_->drop_idle(now() - setup_.options.idle_max);
  ticking_ = store_->corpora() > 0;
  if (ticking_)
    self_->delayed_send(self_, setup_.options.idle_max / 2, tick_atom_v);
  publish();
}

void device_group_state::publish() {
  counters_.corpora = store_->corpora();
  counters_.bytes = store_->bytes();
  counters_.bytes_max = store_->bytes_max();
  counters_.ranks =
      static_cast<uint64_t>(std::ranges::count_if(parts_, [](const auto& it) { return it.second.rank != nullptr; }));
  setup_.board->publish(counters_);
}

device_group_actor::behavior_type device_group(device_group_state::self_pointer self, const device_group_setup& setup) {
  auto& state = self->state;
  name_exceptions(self);
  state.start(setup);
  return {
      [&state](const corpus_slip_ptr& asked) { state.ask(asked); },
      [&state](const corpus_notice_ptr& notice) { state.hear(*notice); },
      [&state](const cluster_view_ptr& cluster) { state.hear(cluster); },
      [&state](drain_atom) { state.drain(); },
      [&state](stop_atom) { state.stop(); },
      [&state](wire_atom, const wiring_ptr& wiring) { state.wire(wiring); },
      [&state](tick_atom) { state.tick(); },
  };
}

} // namespace weft
