#include "actors/autoscaler.hpp"

#include "actors/parent.hpp"
#include "runtime/base/assert.hpp"
#include "runtime/scaling/pool_load.hpp"

#include <utility>

namespace weft {

void autoscaler_state::wire(const wiring_ptr& wiring) {
  const auto first = !wiring_;
  wiring_ = wiring;
  if (!first)
    return;
  end_with(self_, wiring->supervisor);
  look();
}

void autoscaler_state::look() {
  for (const auto& pool : wiring_->pools)
    // An answer that takes longer than a period would meet the next one: it is as good as none.
    self_->request(pool.handle, options_.sample_period, status_atom_v)
        .then([this, pool](const pool_status_ptr& latest) { hear(pool, latest); }, [](const caf::error&) {});
  self_->delayed_send(self_, options_.sample_period, tick_atom_v);
}

void autoscaler_state::hear(const tree_wiring::pool& pool, const pool_status_ptr& latest) {
  auto& known = pools_.try_emplace(pool.name, scaled_pool{scaling_core{options_.scaling}, nullptr}).first->second;
  known.core.set_limits(latest->workers_min, latest->workers_max);
  const auto wanted = known.core.sample(sample_of(known.last.get(), *latest), latest->taken);
  known.last = latest;
  // Without a model a pool has no workers, and will start with its least number.
  if (latest->workers > 0 && wanted != latest->workers_wanted)
    self_->send(pool.handle, resize_atom_v, wanted);
}

autoscaler_actor::behavior_type autoscaler(autoscaler_state::self_pointer self, const autoscaler_options& options) {
  WEFT_ASSERT(options.sample_period < options.scaling.sample_gap_max);
  auto& state = self->state;
  state.start(options);
  name_exceptions(self);
  return {
      [self](stop_atom) { self->quit(); },
      [&state](wire_atom, const wiring_ptr& wiring) { state.wire(wiring); },
      [&state](tick_atom) { state.look(); },
  };
}

} // namespace weft
