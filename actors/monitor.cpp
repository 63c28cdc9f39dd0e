#include "actors/monitor.hpp"

#include "actors/parent.hpp"
#include "runtime/scaling/pool_load.hpp"

#include <utility>

namespace weft {
namespace {

constexpr auto look_period = std::chrono::milliseconds{500};
// A pool that takes longer than this to answer shows its last state; the next look asks again.
constexpr auto status_answer_max = std::chrono::milliseconds{400};

} // namespace

void monitor_state::change(const node_condition& condition) {
  setup_.condition = condition;
  publish();
}

void monitor_state::hear(const models_ptr& models) {
  models_ = models;
  publish();
}

void monitor_state::wire(const wiring_ptr& wiring) {
  auto first = !wiring_;
  wiring_ = wiring;
  if (!first)
    return;
  end_with(self_, wiring->supervisor);
  look();
}

void monitor_state::look() {
  for (const auto& pool : wiring_->pools)
    ask_pool(pool);
  for (size_t i = 0; i < wiring_->shards.size(); ++i)
    ask_cache(wiring_->shards[i], i);
  if (wiring_->cache_keeper)
    ask_cache(wiring_->cache_keeper, wiring_->shards.size());
  publish();
  self_->delayed_send(self_, look_period, tick_atom_v);
}

void monitor_state::ask_pool(const tree_wiring::pool& pool) {
  self_->request(pool.handle, status_answer_max, status_atom_v)
      .then(
          [this, name = pool.name](const pool_status_ptr& latest) {
            auto& known = pools_[name];
            auto next = std::make_shared<pool_status>(*latest);
            next->utilization = known ? utilization_between(*known, *latest) : 0;
            known = std::move(next);
            publish();
          },
          [](const caf::error&) {});
}

template <class Part> void monitor_state::ask_cache(const Part& part, size_t index) {
  caches_.resize(wiring_->shards.size() + 1);
  self_->request(part, status_answer_max, status_atom_v)
      .then(
          [this, index](const cache_status_ptr& latest) {
            caches_[index] = *latest;
            publish();
          },
          [](const caf::error&) {});
}

void monitor_state::publish() const {
  node_snapshot next{.name = setup_.node_name,
                     .version = setup_.version,
                     .state = setup_.condition.state,
                     .reason = setup_.condition.reason,
                     .started = setup_.started,
                     .taken = self_->clock().now(),
                     .calls_in_flight = setup_.gate->calls_in_flight(),
                     .calls_done = setup_.gate->calls_done(),
                     .calls_refused = setup_.gate->calls_refused(),
                     .restarts = setup_.condition.restarts};
  if (models_)
    next.models = *models_;
  for (const auto& entry : pools_)
    next.pools.push_back(*entry.second);
  for (const auto& part : caches_)
    next.cache += part;
  setup_.board->publish(std::move(next));
}

monitor_actor::behavior_type monitor(monitor_state::self_pointer self, const monitor_setup& setup) {
  auto& state = self->state;
  state.start(setup);
  name_exceptions(self);
  return {
      [&state](state_atom, const condition_ptr& condition) { state.change(*condition); },
      [&state](const models_ptr& models) { state.hear(models); },
      [self](stop_atom) { self->quit(); },
      [&state](wire_atom, const wiring_ptr& wiring) { state.wire(wiring); },
      [&state](tick_atom) { state.look(); },
  };
}

} // namespace weft
