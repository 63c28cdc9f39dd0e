#include "actors/device_group.hpp"

#include "actors/parent.hpp"
#include "actors/points_ask.hpp"
#include "runtime/corpus/work_time.hpp"
#include "runtime/device_group/rank_seat.hpp"

#include <algorithm>
#include <future>
#include <utility>

namespace weft {
namespace {

// The pool answers at once; if it does not, the rank's thread computes.
constexpr auto pool_answer_max = std::chrono::seconds{1};

failure other_epoch() {
  return {errc::cancelled, "the node takes part in another epoch of this corpus now, or has forgotten it"};
}

/// Of the pool's engines. The device that failed them gets no points for a while.
bool is_a_matter_of_the_device(const failure& reason) noexcept {
  return reason.code == errc::engine_failed || reason.code == errc::deadline_exceeded;
}

/// What the segments of a share have in common. errc::model_unusable: they were embedded by several versions.
result<loaded_share> facts_of(std::span<const placed_segment> share) {
  loaded_share out;
  for (const auto& [place, vectors] : share) {
    out.gaps.insert(out.gaps.end(), vectors->gaps.begin(), vectors->gaps.end());
    if (vectors->model_version != share.front().vectors->model_version)
      return failure{errc::model_unusable, "its items were embedded by several versions of the model, whose vectors "
                                           "are not comparable: submit it anew"};
  }
  if (!share.empty()) {
    out.model_version = share.front().vectors->model_version;
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

std::map<job_id, device_group_state::part>::iterator device_group_state::find_rank(uint64_t number) {
  return std::find_if(parts_.begin(), parts_.end(), [number](const auto& each) {
    return each.second.rank != nullptr && each.second.rank_number == number;
  });
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
  parts_.at(it.job).load = std::move(it.load);
  asked->end(corpus_events::lacks{it.job, it.epoch, std::move(lacking)});
}

void device_group_state::plan_search(plan_corpus& it, corpus_slip& asked) {
  asked.end(corpus_events::lacks{it.job, 0, store_->plan_search(it.job, it.load.share, now())});
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
  auto& mine = parts_[it.job];
  leave_epoch(mine, other_epoch());
  if (mine.is_forgotten || mine.load.roster != it.load.roster)
    mine.checkpoint.reset();
  mine.outcome.reset();
  mine.is_loaded = mine.is_forgotten = false;
  mine.epoch = it.epoch;
  return ok;
}

void device_group_state::perform(seal_corpus& it, const corpus_slip_ptr& asked) {
  auto* mine = find(it.job, it.epoch);
  if (it.epoch != 0 && !mine)
    return asked->fail(other_epoch());
  if (!mine) // whoever searches knows what is in its shares
    return asked->end(corpus_events::loaded{it.job, 0, corpus_loaded{}});
  const auto share = store_->find(it.job, mine->load.share);
  if (!share)
    return asked->fail({errc::unavailable, "some of the vectors of this node's share have not come"});
  auto facts = facts_of(*share);
  if (!facts)
    return asked->fail(std::move(facts.error()));
  if (auto reserved = store_->reserve_run(it.job, *share); !reserved)
    return asked->fail(std::move(reserved.error()));
  adopt_checkpoint(*mine, it);
  mine->is_loaded = true;
  asked->end(corpus_events::loaded{
      it.job, it.epoch,
      corpus_loaded{*std::move(facts), mine->checkpoint ? progress_of(*mine->checkpoint) : corpus_progress{}}});
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

void device_group_state::find_engines(job_id job) {
  const auto epoch = parts_.at(job).epoch;
  if (!setup_.options.use_engines || !wiring_ || wiring_->pools.empty())
    return begin_rank(job, epoch, {});
  const auto pool = wiring_->pools.front().handle;
  self_->request(pool, pool_answer_max, status_atom_v)
      .then(
          [this, job, epoch, pool](const pool_status_ptr& found) {
            begin_rank(job, epoch, engines_of(pool, *found));
            publish();
          },
          [this, job, epoch](const caf::error&) {
            begin_rank(job, epoch, {});
            publish();
          });
}

/// All that are on devices: those on CPUs would take the time of calls.
std::vector<corpus_engine> device_group_state::engines_of(const worker_pool_actor& pool, const pool_status& found) {
  std::vector<corpus_engine> out;
  for (const auto& it : found.engines) {
    const auto rests = resting_.find(it.info.device);
    if (it.info.kind == device_kind::gpu && (rests == resting_.end() || rests->second <= now()))
      out.push_back(engine_on(pool, it.info.device));
  }
  return out;
}

/// One of them, to a rank's thread. The pool answers also when it goes.
corpus_engine device_group_state::engine_on(const worker_pool_actor& pool, const std::string& device) {
  return [pool, device, patience = setup_.options.engine_patience,
          hdl = device_group_actor{self_}](engine_work work) -> engine_answer {
    const auto promise = std::make_shared<std::promise<engine_reply>>();
    const auto reply = promise->get_future().share();
    auto tell = [promise](engine_reply computed) { promise->set_value(std::move(computed)); };
    caf::anon_send(pool, std::make_shared<points_ask>(std::move(work), std::move(tell), device));
    return [reply, patience, device, hdl]() -> result<engine_output> {
      result<engine_output> output =
          failure{errc::deadline_exceeded, device + " did not come to the points of a corpus in time"};
      if (reply.wait_for(patience) == std::future_status::ready)
        output = reply.get().output;
      if (!output && is_a_matter_of_the_device(output.error()))
        caf::anon_send(hdl, std::make_shared<corpus_notice>(corpus_notice{corpus_notices::engine_failed{device}}));
      return output;
    };
  };
}

/// The rank goes on without it; ranks of the next epochs need not find out anew, each after its patience.
void device_group_state::on(corpus_notices::engine_failed& it) {
  resting_[it.device] = now() + setup_.options.engine_rest;
}

result<rank_seat> device_group_state::seat_in(const part& it, job_id job) const {
  const auto* formation = it.membership.present();
  if (!setup_.carrier || !cluster_ || !formation)
    return failure{errc::unavailable, "this node has no way to the other ranks yet"};
  const auto self = std::ranges::find(formation->ranks, cluster_->self, &group_worker::node);
  if (self == formation->ranks.end())
    return failure{errc::invalid_argument, "this node is not among the ranks"};
  return seat_of(job, *formation, *self, *cluster_);
}

void device_group_state::begin_rank(job_id job, uint64_t epoch, std::vector<corpus_engine> engines) {
  auto* mine = find(job, epoch);
  if (!mine || mine->rank || !mine->running)
    return; // it has changed while the pool was asked
  auto seat = seat_in(*mine, job);
  auto share = store_->find(job, mine->load.share);
  if (!seat || !share) {
    const auto asked = std::exchange(mine->running, nullptr);
    return asked->fail(!seat ? std::move(seat.error())
                             : failure{errc::unavailable, "the vectors of this node's share had to go"});
  }
  corpus_facts size{.items = mine->load.items};
  size.dimensions = share->empty() ? 0 : share->front().vectors->dimensions;
  const auto number = ++ranks_;
  auto notify = [hdl = device_group_actor{self_}](auto what) {
    caf::anon_send(hdl, std::make_shared<corpus_notice>(corpus_notice{std::move(what)}));
  };
  corpus_rank_setup setup{.seat = *std::move(seat),
                          .carrier = setup_.carrier,
                          .share = *std::move(share),
                          .options = mine->load.options,
                          .from = mine->checkpoint,
                          .engines = std::move(engines),
                          .patience = setup_.options.patience + longest_between_verbs(size, mine->load.options),
                          .niceness = setup_.options.niceness,
                          .stepped =
                              [number, notify](corpus_step made, std::shared_ptr<const corpus_checkpoint> at) {
                                notify(corpus_notices::stepped{number, made, std::move(at)});
                              },
                          .ended =
                              [number, notify](result<rank_outcome> outcome) {
                                notify(corpus_notices::ended{number, std::move(outcome)});
                              }};
  mine->rank_number = number;
  mine->rank_epoch = epoch;
  mine->step_began = now();
  ++counters_.epochs;
  mine->rank = corpus_rank::start(std::move(setup), setup_.services->aside);
}

void device_group_state::on(corpus_notices::stepped& it) {
  const auto found = find_rank(it.rank);
  if (found == parts_.end())
    return;
  auto* mine = &found->second;
  const auto made = static_cast<size_t>(it.made);
  ++counters_.steps[made];
  counters_.step_time[made] += now() - std::exchange(mine->step_began, now());
  if (mine->rank_epoch != mine->epoch || !mine->running)
    return; // its epoch is over
  mine->checkpoint = std::move(it.checkpoint);
  const auto& asked = std::get<start_corpus>(mine->running->effect);
  mine->running->tell(corpus_events::stepped{asked.job, asked.epoch, progress_of(*mine->checkpoint)});
}

void device_group_state::on(corpus_notices::ended& it) {
  const auto found = find_rank(it.rank);
  if (found == parts_.end())
    return;
  const auto job = found->first;
  auto* mine = &found->second;
  mine->rank.reset();
  if (mine->is_forgotten) {
    store_->release(job);
    parts_.erase(found);
    return;
  }
  if (!mine->running)
    return;
  if (mine->rank_epoch != mine->epoch)
    return find_engines(job); // the next one had to wait for it
  const auto asked = std::exchange(mine->running, nullptr);
  if (!it.outcome) {
    ++counters_.breaks;
    if (it.outcome.error().code == errc::state_damaged)
      mine->checkpoint.reset(); // nobody can go on from it
    return asked->fail(std::move(it.outcome.error()));
  }
  mine->outcome = it.outcome->result;
  asked->end(corpus_events::finished{job, mine->epoch, it.outcome->hash});
}

/// The rank is told to go; vectors and checkpoint stay.
void device_group_state::leave_epoch(part& it, const failure& why) {
  if (it.rank)
    it.rank->abort({errc::unavailable, "this epoch is over: " + why.message});
  if (const auto asked = std::exchange(it.running, nullptr))
    asked->fail(why);
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

void device_group_state::abort_all() noexcept {
  for (auto& [job, it] : parts_)
    if (it.rank)
      it.rank->abort({errc::unavailable, "the node stops, or restarts its part for corpora"});
}

/// A rank whose node has died, or has started anew, does not come back to this epoch.
void device_group_state::hear(const cluster_view_ptr& cluster) {
  cluster_ = cluster;
  for (auto& [job, it] : parts_)
    if (it.rank && it.running && it.rank_epoch == it.epoch)
      if (auto seat = seat_in(it, job); !seat)
        it.rank->abort(std::move(seat.error()));
}

void device_group_state::wire(const wiring_ptr& wiring) {
  const auto before = std::exchange(wiring_, wiring);
  if (!before)
    return end_with(self_, wiring->supervisor);
  if (before->jobs == wiring->jobs)
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
  abort_all();
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
