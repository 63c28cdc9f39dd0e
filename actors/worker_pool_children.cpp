#include "actors/points_ask.hpp"
#include "actors/tokenizer.hpp"
#include "actors/worker.hpp"
#include "actors/worker_pool.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

// Batches that one worker may have at once: one in its engine and one behind it.
constexpr uint32_t batches_a_worker = 2;
// The supervisor answers at once; if it does not, it is gone.
constexpr auto restart_answer_max = std::chrono::seconds{5};
// About what opening a model takes.
constexpr auto reopened_after = std::chrono::seconds{1};

} // namespace

void worker_pool_state::apply(const pool_options& options) {
  setup_.options = options;
  core_->set_queue_limits({.items_max = options.queue_items_max, .tokens_max = options.queue_tokens_max});
  core_->set_chunk_items(options.batching ? chunk_items_max : 1);
  core_->set_refuse_late(options.batching);
  roster_.set_depth(options.batching ? batches_a_worker : 1);
  workers_wanted_ = workers_due();
}

void worker_pool_state::change(const pool_options& options) {
  auto changed = options;
  changed.name = setup_.options.name;
  changed.model = setup_.options.model;
  changed.pin_threads = setup_.options.pin_threads;
  apply(changed);
  pump();
}

void worker_pool_state::resize(uint32_t workers) {
  const auto [least, most] = bounds();
  workers_wanted_ = std::clamp(workers, least, most);
  pump();
}

/// Between which the autoscaler may choose; on devices there is nothing to choose.
worker_pool_state::worker_bounds worker_pool_state::bounds() const noexcept {
  const auto& options = setup_.options;
  if (const auto devices = model_ ? model_->devices() : std::nullopt) {
    const auto engines = options.pooling ? *devices : std::min(*devices, 1u);
    return {engines, engines};
  }
  if (!options.pooling)
    return {1, 1};
  const auto least = std::max(options.workers_min, 1u);
  return {least, std::max(options.workers_max, least)};
}

uint32_t worker_pool_state::workers_due() const noexcept {
  const auto [least, most] = bounds();
  return std::clamp(workers_wanted_, least, most);
}

void worker_pool_state::wire(const wiring_ptr& wiring) {
  if (!wiring_)
    self_->monitor(wiring->supervisor);
  wiring_ = wiring;
}

void worker_pool_state::size_children() {
  if (!model_ || given_up_)
    return;
  auto tokenizers = std::max(setup_.options.tokenizers, 1u);
  while (tokenizers_.size() + tokenizers_pending_ < tokenizers)
    spawn_tokenizer();
  for (auto it = tokenizers_.rbegin(); tokenizers_.size() > tokenizers && it != tokenizers_.rend();) {
    // Only one that has nothing: the others are looked at again when they are done.
    if (!it->second.chunks.empty())
      break;
    self_->send_exit(it->second.handle, caf::exit_reason::user_shutdown);
    it = std::make_reverse_iterator(tokenizers_.erase(std::next(it).base()));
  }
  size_workers();
}

void worker_pool_state::size_workers() {
  const auto due = workers_due();
  while (roster_.count() + workers_pending_ < due)
    spawn_worker();
  // The worker of a device that is lost goes by itself, and may not have noticed yet: none of the others in its place.
  if (model_->devices() && setup_.options.pooling)
    return;
  while (roster_.count() > due)
    retire_worker();
}

void worker_pool_state::spawn_tokenizer() {
  uint32_t number = 0;
  while (tokenizers_.contains(number))
    ++number;
  auto handle = self_->spawn(tokenizer, tokenizer_setup{number, model_, worker_pool_actor{self_}});
  self_->monitor(handle);
  tokenizers_[number].handle = std::move(handle);
  feed_tokenizers();
}

void worker_pool_state::spawn_worker() {
  auto number = roster_.add();
  auto handle = self_->spawn(
      worker, worker_setup{number, setup_.options.pin_threads, model_, worker_pool_actor{self_}, setup_.services});
  self_->monitor(handle);
  workers_[number].handle = std::move(handle);
}

void worker_pool_state::retire_worker() {
  auto number = roster_.idle_for(duration::zero(), now());
  for (auto it = workers_.rbegin(); !number && it != workers_.rend(); ++it)
    if (!roster_.retiring(it->first))
      number = it->first;
  roster_.retire(*number);
  self_->send(workers_.at(*number).handle, stop_atom_v);
}

void worker_pool_state::let_children_go() {
  while (roster_.count() > 0)
    retire_worker();
  for (auto& entry : tokenizers_)
    self_->send_exit(entry.second.handle, caf::exit_reason::user_shutdown);
  tokenizers_.clear();
  if (!dropping_)
    return;
  dropping_ = false;
  points_.clear(); // they answer themselves: no worker comes any more
  model_.reset();
  core_->unserve();
}

/// The devices are lost, and no CPU computes in the model's class. The keeper opens the model anew, in another.
void worker_pool_state::lose_model() {
  // What is here was asked for in the class that nobody has any more.
  core_->fail_all({errc::unavailable,
                   "the devices that computed '" + setup_.options.model + "' are lost; the model is opened anew",
                   {},
                   reopened_after});
  dropping_ = true;
  auto points = std::exchange(points_, {}); // any engine does them with the same bits: they wait for the next
  let_children_go();
  points_ = std::move(points);
  if (wiring_)
    self_->send(wiring_->keeper, lost_atom_v, setup_.options.model);
}

void worker_pool_state::child_down(const caf::down_msg& down) {
  if (wiring_ && down.source == wiring_->supervisor.address())
    return self_->quit(caf::exit_reason::user_shutdown);
  auto why = self_->system().render(down.reason);
  for (const auto& [number, child] : workers_)
    if (down.source == child.handle.address())
      return worker_down(number, why);
  for (const auto& [number, child] : tokenizers_)
    if (down.source == child.handle.address())
      return tokenizer_down(number, why);
}

void worker_pool_state::worker_down(uint32_t number, const std::string& why) {
  auto retired = roster_.retiring(number);
  auto started = !roster_.on_points(number);
  for (auto batch : roster_.remove(number, now()))
    core_->batch_lost(batch, std::exchange(started, false));
  auto gone = std::move(workers_.at(number));
  workers_.erase(number);
  measure();
  take_back(gone);
  // One whose device is lost is not missed: the others are as many as there are devices.
  if (!retired && roster_.count() + workers_pending_ < workers_due())
    ask_restart("worker", why, workers_pending_);
  pump();
}

/// Work on points that is to be done elsewhere: a device was lost with it, or it was in the worker's mailbox. What the
/// engine has is answered by that.
void worker_pool_state::take_back(worker_slot& gone) {
  if (given_up_)
    return; // they answer themselves: no worker comes any more
  std::erase_if(gone.points, [](const points_ask_ptr& it) { return it->begun; });
  gone.lost.insert(gone.lost.end(), gone.points.begin(), gone.points.end());
  for (auto it = gone.lost.rbegin(); it != gone.lost.rend(); ++it) {
    (*it)->begun = (*it)->device_lost = false;
    points_.push_front({std::move(*it), batches_given_});
  }
}

void worker_pool_state::tokenizer_down(uint32_t number, const std::string& why) {
  auto chunks = std::move(tokenizers_.at(number).chunks);
  tokenizers_.erase(number);
  for (auto& chunk : chunks)
    core_->chunk_lost(std::move(chunk));
  ask_restart("tokenizer", why, tokenizers_pending_);
  pump();
}

void worker_pool_state::ask_restart(const std::string& child, const std::string& why, uint32_t& pending) {
  if (!wiring_ || given_up_)
    return;
  ++pending;
  self_->request(wiring_->supervisor, restart_answer_max, restart_atom_v, setup_.options.name + "." + child, why)
      .then(
          [this, &pending](bool allowed) {
            --pending;
            if (!allowed)
              give_up();
            pump();
          },
          [this](const caf::error&) { self_->quit(caf::exit_reason::user_shutdown); });
}

void worker_pool_state::give_up() {
  given_up_ = true;
  refusal_ = failure{errc::unavailable,
                     "the pool lost its workers, and they cannot be replaced: the node is unhealthy or stopping"};
  points_.clear();
  core_->fail_all(*refusal_);
}

void worker_pool_state::drain() {
  draining_ = true;
  refusal_ = failure{errc::draining, "the pool takes no new calls"};
  pump();
}

void worker_pool_state::stop() {
  core_->fail_all({errc::draining, "the node is stopping"});
  self_->quit();
}

} // namespace weft
