#include "actors/device_group.hpp"
#include "actors/points_ask.hpp"
#include "runtime/corpus/work_time.hpp"
#include "runtime/device_group/rank_seat.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <optional>
#include <utility>

namespace weft {
namespace {

// The pool answers at once; if it does not, the rank's thread computes.
constexpr auto pool_answer_max = std::chrono::seconds{10};

/// Who leaves a device alone after this: nobody, after what is a matter of the pool. A device that was too slow for a
/// search may be in time for a rank.
std::optional<std::chrono::milliseconds> patience_that_fails(const failure& reason, std::chrono::milliseconds had) {
  if (reason.code == errc::engine_failed)
    return std::chrono::milliseconds::max();
  return reason.code == errc::deadline_exceeded ? std::optional{had} : std::nullopt;
}

} // namespace

std::map<job_id, device_group_state::part>::iterator device_group_state::find_rank(uint64_t number) {
  return std::find_if(parts_.begin(), parts_.end(), [number](const auto& each) {
    return each.second.rank != nullptr && each.second.rank_number == number;
  });
}

void device_group_state::find_engines(job_id job) {
  const auto epoch = parts_.at(job).epoch;
  with_engines(setup_.options.engine_patience,
               [this, job, epoch](std::vector<corpus_engine> engines) { begin_rank(job, epoch, std::move(engines)); });
}

/// Asks the pool which there are, if they may be used at all.
void device_group_state::with_engines(std::chrono::milliseconds patience,
                                      std::function<void(std::vector<corpus_engine>)> go_on) {
  if (!setup_.options.use_engines || !wiring_ || wiring_->pools.empty())
    return go_on({});
  const auto pool = wiring_->pools.front().handle;
  self_->request(pool, pool_answer_max, status_atom_v)
      .then(
          [this, pool, patience, go_on](const pool_status_ptr& found) {
            go_on(engines_of(pool, *found, patience));
            publish();
          },
          [this, go_on](const caf::error&) {
            go_on({});
            publish();
          });
}

/// All that are on devices: those on CPUs would take the time of calls.
std::vector<corpus_engine> device_group_state::engines_of(const worker_pool_actor& pool, const pool_status& found,
                                                          std::chrono::milliseconds patience) {
  std::vector<corpus_engine> out;
  const auto waits = std::make_shared<engine_waits>();
  for (const auto& it : found.engines) {
    const auto rests = resting_.find(it.info.device);
    const bool is_left_alone =
        rests != resting_.end() && rests->second.until > now() && patience <= rests->second.patience;
    if (it.info.kind == device_kind::gpu && !is_left_alone)
      out.push_back(engine_on(pool, it.info.device, patience, waits));
  }
  return out;
}

/// One of them, to a thread of a rank or a search. The pool answers also when it goes. Where patience with one has
/// ended, whatever was given to others before has had as much: for several that hang the thread waits as long as for
/// one.
corpus_engine device_group_state::engine_on(const worker_pool_actor& pool, const std::string& device,
                                            std::chrono::milliseconds patience,
                                            const std::shared_ptr<engine_waits>& waits) {
  return [pool, device, patience, waits, hdl = device_group_actor{self_}](engine_work work) -> engine_answer {
    const auto number = ++waits->given;
    const auto promise = std::make_shared<std::promise<engine_reply>>();
    const auto reply = promise->get_future().share();
    auto tell = [promise](engine_reply computed) { promise->set_value(std::move(computed)); };
    caf::anon_send(pool, std::make_shared<points_ask>(std::move(work), std::move(tell), device));
    return [reply, patience, number, waits, device, hdl]() -> result<engine_output> {
      result<engine_output> output =
          failure{errc::deadline_exceeded, device + " did not come to the points of a corpus in time"};
      const auto given = waits->given;
      const bool has_waited = number <= waits->expired;
      if (reply.wait_for(has_waited ? std::chrono::milliseconds{0} : patience) == std::future_status::ready)
        output = reply.get().output;
      else if (!has_waited)
        waits->expired = given;
      if (const auto fails = output ? std::nullopt : patience_that_fails(output.error(), patience))
        caf::anon_send(hdl,
                       std::make_shared<corpus_notice>(corpus_notice{corpus_notices::engine_failed{device, *fails}}));
      return output;
    };
  };
}

/// The rank goes on without it; ranks of the next epochs need not find out anew, each after its patience. A search does
/// not shorten what a rank has found out.
void device_group_state::on(corpus_notices::engine_failed& it) {
  auto& left = resting_[it.device];
  const bool is_over = left.until <= now();
  if (is_over || it.patience >= left.patience)
    left = {now() + setup_.options.engine_rest, it.patience};
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
  mine->rank_work = longest_between_verbs(size, mine->load.options);
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
                          .patience = setup_.options.patience + mine->rank_work,
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
  mine->rank_bytes = store_->run_bytes(job);
  mine->step_began = now();
  ++counters_.epochs;
  const auto& services = *setup_.services;
  mine->rank = corpus_rank::start(std::move(setup), services.for_ranks ? services.for_ranks : services.aside);
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
  if (const auto lost = lost_.extract(it.rank)) { // it came back after all
    store_->let_go(lost.mapped().bytes);
    return tell_readiness();
  }
  const auto found = find_rank(it.rank);
  if (found == parts_.end())
    return;
  const auto job = found->first;
  auto* mine = &found->second;
  mine->rank.reset();
  if (!mine->running || mine->rank_epoch != mine->epoch)
    return go_on_without_rank(found);
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

/// What had to wait for it.
void device_group_state::go_on_without_rank(std::map<job_id, part>::iterator found) {
  const auto job = found->first;
  auto& mine = found->second;
  if (mine.is_forgotten || mine.is_refused)
    store_->release(job);
  if (mine.is_forgotten)
    parts_.erase(found);
  else if (mine.running)
    find_engines(job);
}

/// It hangs where nobody can end it. What it has stays with it, and counts; nothing else does.
void device_group_state::on(corpus_notices::overdue& it) {
  const auto found = find_rank(it.rank);
  if (found == parts_.end())
    return;
  auto& mine = found->second;
  ++counters_.ranks_hung;
  setup_.services->log("error", name,
                       "a rank of a corpus has not ended long after it was told to: it hangs in a driver or a library; "
                       "the next epoch goes on without it, start the node anew when it can be");
  store_->hold(mine.rank_bytes);
  lost_.emplace(it.rank, lost_rank{std::exchange(mine.rank, nullptr), mine.rank_bytes});
  tell_readiness();
  go_on_without_rank(found);
}

/// The rank is told to go; vectors and checkpoint stay.
void device_group_state::leave_epoch(part& it, const failure& why) {
  if (it.rank) {
    it.rank->abort({errc::unavailable, "this epoch is over: " + why.message});
    self_->delayed_send(self_, setup_.options.leave_max + it.rank_work,
                        std::make_shared<corpus_notice>(corpus_notice{corpus_notices::overdue{it.rank_number}}));
  }
  if (const auto asked = std::exchange(it.running, nullptr))
    asked->fail(why);
}

/// They end by themselves, or hang; nobody here listens any more.
void device_group_state::let_ranks_go() {
  for (auto& [job, it] : parts_)
    if (it.rank) {
      it.rank->abort({errc::unavailable, "the node stops, or restarts its part for corpora"});
      it.rank->ignore();
    }
  for (auto& [number, it] : lost_)
    it.rank->ignore();
}

/// A rank whose node has died, or has started anew, does not come back to this epoch.
void device_group_state::hear(const cluster_view_ptr& cluster) {
  cluster_ = cluster;
  for (auto& [job, it] : parts_)
    if (it.rank && it.running && it.rank_epoch == it.epoch)
      if (auto seat = seat_in(it, job); !seat)
        it.rank->abort(std::move(seat.error()));
}

} // namespace weft
