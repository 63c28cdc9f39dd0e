#include "actors/worker.hpp"

#include "actors/borrowed_turns.hpp"
#include "actors/parent.hpp"
#include "actors/points_ask.hpp"
#include "runtime/base/assert.hpp"

#include <utility>

namespace weft {
namespace {

// Up to so many texts, an engine's thread carries the answer home itself: when batches are that small the engine has
// time, and waking another thread takes longer. After large ones it goes on computing.
constexpr uint32_t sequences_light = 4;

using self_pointer = worker_actor::stateful_pointer<worker_state>;

void make_engine_aside(self_pointer self) {
  const auto& setup = self->state.setup;
  engine_options options{.index = setup.number, .pin_thread = setup.pin_thread};
  setup.services->aside([model = setup.model, options, hdl = worker_actor{self}] {
    auto outcome = never_throwing([&] { return model->make_engine(options); });
    caf::anon_send(hdl, ready_atom_v, std::make_shared<engine_outcome>(std::move(outcome)));
  });
}

void take_engine(self_pointer self, engine_outcome& outcome) {
  auto& state = self->state;
  if (!outcome) {
    state.setup.services->log("error", "worker", outcome.error().message);
    return self->quit(caf::sec::runtime_error);
  }
  state.device = std::move(*outcome);
  self->send(state.setup.pool, ready_atom_v, state.setup.number,
             std::make_shared<const engine_info>(state.device->info()));
}

void run(self_pointer self, const batch_ptr& work) {
  auto& state = self->state;
  WEFT_ASSERT(state.device != nullptr);
  ++state.batches;
  auto packed = pack(*work);
  auto* lender = packed.sequences() <= sequences_light ? state.setup.services->lender : nullptr;
  state.device->run(std::move(packed), [lender, hdl = worker_actor{self}, id = work->id](engine_reply reply) {
    send_from_outside(lender, hdl, computed_atom_v, id, std::make_shared<engine_reply>(std::move(reply)));
  });
}

void run_points(self_pointer self, const points_ask_ptr& asked) {
  WEFT_ASSERT(self->state.device != nullptr);
  ++self->state.batches;
  // A device may be lost, and the next engine needs the work then. The engine knows whether it is on one: the model
  // does not say so any more when the last one is lost and CPUs go on.
  const bool kept = self->state.device->info().kind == device_kind::gpu;
  asked->begun = true;
  auto work = kept ? asked->work : std::move(asked->work);
  self->state.device->run(std::move(work), [asked, kept, hdl = worker_actor{self}](engine_reply reply) {
    asked->busy = reply.busy;
    asked->device_lost = reply.device_lost;
    if (!kept || !reply.device_lost)
      asked->answer(std::move(reply));
    caf::anon_send(hdl, given_atom_v, asked);
  });
}

/// After a batch, or work on points.
void count_done(self_pointer self, bool device_lost) {
  auto& state = self->state;
  --state.batches;
  state.lost = state.lost || device_lost;
}

void quit_when_done(self_pointer self) {
  const auto& state = self->state;
  if (state.batches > 0)
    return;
  if (state.lost)
    self->quit(caf::make_error(caf::sec::runtime_error, "its device is lost"));
  else if (state.stopping)
    self->quit();
}

} // namespace

worker_state::~worker_state() {
  // Joining the engine's thread waits for the piece in progress: never on an actor's thread.
  if (device)
    setup.services->aside([gone = std::shared_ptr<engine>{std::move(device)}] {});
}

worker_actor::behavior_type worker(self_pointer self, const worker_setup& setup) {
  self->state.setup = setup;
  end_with(self, setup.pool);
  make_engine_aside(self);
  return {
      [self](const batch_ptr& work) { run(self, work); },
      [self](const points_ask_ptr& asked) { run_points(self, asked); },
      [self](ready_atom, const engine_outcome_ptr& outcome) { take_engine(self, *outcome); },
      [self](computed_atom, uint64_t id, const engine_reply_ptr& reply) {
        count_done(self, reply->device_lost);
        if (!reply->device_lost) // else the pool hears of it with our end
          self->send(self->state.setup.pool, computed_atom_v, self->state.setup.number, id, reply);
        quit_when_done(self);
      },
      [self](given_atom, const points_ask_ptr& asked) {
        count_done(self, asked->device_lost);
        self->send(self->state.setup.pool, given_atom_v, self->state.setup.number, asked);
        quit_when_done(self);
      },
      [self](stop_atom) {
        self->state.stopping = true;
        quit_when_done(self);
      },
  };
}

} // namespace weft
