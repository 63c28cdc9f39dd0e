#include "actors/worker_pool.hpp"

#include "actors/parent.hpp"
#include "actors/points_ask.hpp"
#include "runtime/batching/retry.hpp"
#include "runtime/points/points_work.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

// One chunk in progress and one in the mailbox: the tokenizer never waits for the pool, and calls still take turns.
constexpr size_t chunks_a_tokenizer = 2;
// Tokenizing so much takes less time than waking another thread for it; more is never done on a borrowed thread.
constexpr uint64_t chunk_bytes_light = 2'048;
// Of what engines are best with, as much as a batch of jobs' texts has while interactive calls come.
constexpr uint64_t background_share = 4;
// Pieces of work on points that wait for a first worker, or behind texts.
constexpr size_t points_waiting_max = 256;
// Long enough for a worker to be made, or a batch to be computed.
constexpr auto points_retry_after = std::chrono::milliseconds{100};
// How soon a client that has gone frees its room; deadlines have timers of their own.
constexpr auto sweep_period = std::chrono::milliseconds{100};

failure no_device(const std::string& device) {
  return {errc::unavailable, "the pool has no engine on " + device + " any more: give the work to another"};
}

pool_core_options core_options(const worker_pool_setup& setup) {
  const auto& options = setup.options;
  return {.queue = {.items_max = options.queue_items_max, .tokens_max = options.queue_tokens_max},
          .cost = setup.cost,
          .tokens_cap = options.batch_tokens_max};
}

} // namespace

void worker_pool_state::start(const worker_pool_setup& setup) {
  setup_ = setup;
  core_ = std::make_unique<pool_core>(core_options(setup));
  apply(setup.options);
}

time_point worker_pool_state::now() const {
  return self_->clock().now();
}

void worker_pool_state::enter(const call_ptr& call) {
  if (!model_ && wiring_)
    self_->send(wiring_->keeper, want_atom_v, setup_.options.model);
  if (refusal_)
    return call->fail(*refusal_);
  core_->enter(call, now());
  pump();
}

void worker_pool_state::enter(const points_ask_ptr& asked) {
  if (refusal_)
    return asked->answer({*refusal_, {}});
  if (points_.size() >= points_waiting_max)
    return asked->answer(
        {failure{errc::overloaded, "too much work on points waits for an engine", {}, points_retry_after}, {}});
  asked->number = ++last_points_;
  asked->products = products_of(asked->work);
  // Texts that wait now came before it: one batch of them goes first. Without that they would wait as long as such work
  // comes, for it needs no room at a worker. One batch and not all of them, so that it waits no longer than it must.
  points_.push_back({asked, batches_given_ + (core_->queue().ready() ? 1 : 0)});
  pump();
}

void worker_pool_state::tokenized(uint32_t tokenizer, tokenized_chunk& done) {
  auto found = tokenizers_.find(tokenizer);
  if (found != tokenizers_.end() && !found->second.chunks.empty())
    found->second.chunks.pop_front();
  core_->tokenized(std::move(done), now());
  pump();
}

void worker_pool_state::worker_ready(uint32_t worker, const engine_info& info) {
  auto found = workers_.find(worker);
  if (found == workers_.end())
    return;
  found->second.device = info.device;
  roster_.ready(worker, now(), info);
  measure();
  pump();
}

void worker_pool_state::computed(uint32_t worker, uint64_t batch, engine_reply& reply) {
  auto busy = reply.busy;
  auto items = core_->items_done();
  auto tokens = core_->tokens_done();
  core_->computed(batch, std::move(reply), now());
  roster_.done(worker, batch, now(), core_->tokens_done() - tokens, busy);
  measure();
  if (auto found = workers_.find(worker); found != workers_.end())
    setup_.services->meter->batch_computed(found->second.device, core_->items_done() - items,
                                           core_->tokens_done() - tokens, busy);
  pump();
}

void worker_pool_state::points_done(uint32_t worker, const points_ask_ptr& done) {
  roster_.points_done(worker, done->number, now(), done->device_lost ? 0 : done->products, done->busy);
  auto found = workers_.find(worker);
  if (found != workers_.end())
    std::erase(found->second.points, done);
  if (!done->device_lost)
    return pump();
  if (!done->device.empty())
    done->answer({no_device(done->device), {}});
  else if (++done->losses >= item_tries_max)
    done->answer({failure{errc::engine_failed, "devices were lost with this work"}, {}});
  else if (found != workers_.end() && !done->answered())
    found->second.lost.push_back(done); // the worker ends now
  pump();
}

void worker_pool_state::hear(const model_news& news) {
  if (news.state == model_state::ready) {
    dropping_ = false;
    model_ = news.model;
    core_->serve(model_->info());
    if (!draining_ && !given_up_)
      refusal_.reset();
  } else if (news.state == model_state::failed && !model_) {
    refusal_ = failure{errc::model_unusable, news.problem};
    core_->fail_all(*refusal_);
    points_.clear(); // they answer themselves
  } else if (news.state == model_state::unloaded) {
    dropping_ = model_ != nullptr;
  }
  pump();
}

void worker_pool_state::pump() {
  if (model_ && model_->devices() == 0u)
    lose_model();
  feed_tokenizers();
  dispatch();
  dispatch_points();
  report_drops();
  tell_load();
  if (core_->calls() == 0 && (draining_ || dropping_))
    let_children_go();
  else
    size_children();
  arm_timer();
}

void worker_pool_state::feed_tokenizers() {
  for (;;) {
    auto least = std::ranges::min_element(tokenizers_, {}, [](const auto& it) { return it.second.chunks.size(); });
    if (least == tokenizers_.end() || least->second.chunks.size() >= chunks_a_tokenizer)
      return;
    auto chunk = core_->next_chunk();
    if (!chunk)
      return;
    give(least->second.handle, *chunk);
    least->second.chunks.push_back(std::move(*chunk));
  }
}

void worker_pool_state::give(const tokenizer_actor& tokenizer, const text_chunk& chunk) {
  auto message = std::make_shared<const text_chunk>(chunk);
  if (bytes_of(chunk) <= chunk_bytes_light)
    self_->send(tokenizer, std::move(message));
  else
    caf::anon_send(tokenizer, std::move(message)); // to the scheduler's threads, wherever the pool has its turn
}

void worker_pool_state::dispatch() {
  while (core_->queue().ready()) {
    // A worker that is busy gets a full batch only: whatever else waits may still become part of a better one.
    const auto target = roster_.choose(demand(), now());
    if (!target)
      return;
    auto next = core_->next_batch(limits_for(*target), now());
    if (!next)
      return;
    ++batches_given_;
    roster_.assign(target->worker, next->id, next->tokens, now());
    self_->send(workers_.at(target->worker).handle, std::move(next));
  }
}

void worker_pool_state::dispatch_points() {
  while (!points_.empty()) {
    if (core_->queue().ready() && batches_given_ < points_.front().batches_before)
      return;
    // Behind whatever that worker has: engines take their work in order, and waiting here for an idle one could last as
    // long as calls come.
    const auto& next = *points_.front().asked;
    const auto target = next.device.empty() ? roster_.soonest(next.products, now()) : worker_on(next.device);
    if (!target && next.device.empty())
      return;
    const auto asked = std::move(points_.front().asked);
    points_.pop_front();
    if (!target) {
      asked->answer({no_device(asked->device), {}});
      continue;
    }
    roster_.assign_points(*target, asked->number, asked->products, now());
    auto& worker = workers_.at(*target);
    worker.points.push_back(asked);
    self_->send(worker.handle, asked);
  }
}

std::optional<uint32_t> worker_pool_state::worker_on(const std::string& device) const {
  for (const auto& [number, worker] : workers_)
    if (worker.device == device && !roster_.retiring(number))
      return number;
  return std::nullopt;
}

batch_demand worker_pool_state::demand() const noexcept {
  const auto& options = setup_.options;
  const auto& queue = core_->queue();
  // Where interactive calls come, jobs leave engines soon free for the next one: none waits behind another.
  const bool foreground = core_->is_interactive(now());
  const uint32_t items_max = options.batching ? std::max(options.batch_items_max, 1u) : 1;
  // A bound is not a multiple of what engines are best with: the second batch at a worker hides the way of the first,
  // so a larger one would only make calls wait longer.
  return {.tokens = queue.tokens(),
          .tokens_behind = foreground ? queue.foreground_tokens() : queue.tokens(),
          .items_full = (foreground ? queue.foreground_items() : queue.items()) >= items_max,
          .tokens_max = options.batch_tokens_max,
          .text_tokens_max = model_ ? model_->info().tokens_max : 1};
}

batch_limits worker_pool_state::limits_for(const batch_target& target) const noexcept {
  const auto& options = setup_.options;
  batch_limits bounds{.tokens_max = target.tokens_max,
                      .items_max = options.batching ? std::max(options.batch_items_max, 1u) : 1};
  // Small batches of jobs' texts cost 3 % of their throughput (cpu_engine.cpp).
  if (core_->is_interactive(now()))
    bounds.background_tokens_max = target.idle ? target.tokens_full / background_share : 0;
  return bounds;
}

void worker_pool_state::measure() {
  measured_ = {.tokens_per_second = roster_.tokens_per_second()};
  roster_.tell_groups(measured_);
}

void worker_pool_state::report_drops() {
  auto drops = core_->take_drops();
  if (drops.expired > 0)
    setup_.services->meter->items_dropped(errc::deadline_exceeded, drops.expired);
  if (drops.cancelled > 0)
    setup_.services->meter->items_dropped(errc::cancelled, drops.cancelled);
  if (drops.late > 0)
    setup_.services->meter->items_dropped(errc::overloaded, drops.late);
}

void worker_pool_state::tell_load() const {
  auto load = measured_;
  load.queued_tokens = core_->queue().tokens();
  load.calls_in_flight = static_cast<uint32_t>(core_->calls());
  load.workers = roster_.count();
  setup_.services->loads->set(setup_.options.name, load);
}

void worker_pool_state::arm_timer() {
  auto wake = time_point::max();
  if (core_->calls() > 0)
    wake = std::min(now() + sweep_period, core_->next_deadline());
  if (wake >= armed_)
    return;
  armed_ = wake;
  self_->delayed_send(self_, std::max(wake - now(), duration::zero()), tick_atom_v);
}

void worker_pool_state::tick() {
  // A later timer than the one that is armed now was set before it: it must not start a second row of timers.
  if (now() >= armed_)
    armed_ = time_point::max();
  core_->sweep(now());
  pump();
}

pool_status worker_pool_state::status() const {
  return {.name = setup_.options.name,
          .model = setup_.options.model,
          .workers = roster_.count(),
          .workers_min = bounds().least,
          .workers_max = bounds().most,
          .workers_wanted = workers_due(),
          .workers_busy = roster_.busy_count(),
          .queued_items = core_->queue().items_held(),
          .queued_tokens = core_->queue().tokens(),
          .items_done = core_->items_done(),
          .tokens_done = core_->tokens_done(),
          .busy = roster_.busy_time(now()),
          .taken = now(),
          .engines = roster_.engines()};
}

worker_pool_actor::behavior_type worker_pool(worker_pool_state::self_pointer self, const worker_pool_setup& setup) {
  auto& state = self->state;
  state.start(setup);
  name_exceptions(self);
  self->set_down_handler([&state](const caf::down_msg& down) { state.child_down(down); });
  return {
      [&state](const call_ptr& call) { state.enter(call); },
      [&state](const points_ask_ptr& asked) { state.enter(asked); },
      [&state](tokens_atom, uint32_t tokenizer, const tokenized_ptr& done) { state.tokenized(tokenizer, *done); },
      [&state](ready_atom, uint32_t worker, const engine_info_ptr& info) { state.worker_ready(worker, *info); },
      [&state](computed_atom, uint32_t worker, uint64_t batch, const engine_reply_ptr& reply) {
        state.computed(worker, batch, *reply);
      },
      [&state](given_atom, uint32_t worker, const points_ask_ptr& done) { state.points_done(worker, done); },
      [&state](const news_ptr& news) { state.hear(*news); },
      [&state](change_atom, const pool_options_ptr& options) { state.change(*options); },
      [&state](resize_atom, uint32_t workers) { state.resize(workers); },
      [&state](status_atom) { return std::make_shared<const pool_status>(state.status()); },
      [&state](drain_atom) { state.drain(); },
      [&state](stop_atom) { state.stop(); },
      [&state](wire_atom, const wiring_ptr& wiring) { state.wire(wiring); },
      [&state](tick_atom) { state.tick(); },
  };
}

} // namespace weft
