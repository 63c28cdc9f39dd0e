#include "actors/model_keeper.hpp"

#include "actors/parent.hpp"
#include "runtime/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace weft {

void model_keeper_state::start(const model_keeper_setup& setup) {
  setup_ = setup;
  for (const auto& entry : setup_.models)
    WEFT_ASSERT(registry_.add(entry.name, entry.load));
}

void model_keeper_state::wire(const wiring_ptr& wiring) {
  if (!wiring_)
    end_with(self_, wiring->supervisor);
  wiring_ = wiring;
  for (const auto& model : registry_.start())
    open(model);
  for (const auto& pool : wiring_->pools)
    tell(pool);
  for (const auto& entry : setup_.models)
    tell_compressor(entry.name);
  tell_others();
  tell_settled();
}

void model_keeper_state::want(const std::string& model) {
  if (!registry_.wanted(model, self_->clock().now()))
    return;
  open(model);
  tell_others();
}

void model_keeper_state::open(const std::string& model) {
  auto entry = std::ranges::find(setup_.models, model, &model_entry::name);
  WEFT_ASSERT(entry != setup_.models.end());
  setup_.services->aside([open = entry->open, model, hdl = model_keeper_actor{self_}] {
    caf::anon_send(hdl, opened_atom_v, model, std::make_shared<const result<model_ptr>>(never_throwing(open)));
  });
}

void model_keeper_state::opened(const std::string& model, const result<model_ptr>& outcome) {
  if (outcome) {
    registry_.opened(model, *outcome);
    setup_.services->log("info", "keeper", "model " + model + " is ready, version " + (*outcome)->info().version);
  } else {
    registry_.failed(model, outcome.error().message, self_->clock().now());
    setup_.services->log("error", "keeper", "model " + model + " cannot be used: " + outcome.error().message);
  }
  tell_pools(model);
  tell_others(); // before the supervisor hears of it: a node that says that it serves must not show a model as loading
  tell_settled();
}

void model_keeper_state::drop(const std::string& model) {
  if (!registry_.drop(model))
    return;
  tell_pools(model);
  tell_others();
}

void model_keeper_state::lost(const std::string& model) {
  const auto* record = registry_.find(model);
  if (record == nullptr || !record->model || record->model->devices() != 0u)
    return; // another pool has said so before
  drop(model);
  want(model);
}

void model_keeper_state::tell_pools(const std::string& model) const {
  for (const auto& pool : wiring_->pools)
    if (pool.model == model)
      tell(pool);
  tell_compressor(model);
}

void model_keeper_state::tell_compressor(const std::string& model) const {
  if (auto news = news_of(model))
    self_->send(wiring_->compressor, model, std::move(news));
}

void model_keeper_state::tell(const tree_wiring::pool& pool) const {
  if (auto news = news_of(pool.model))
    self_->send(pool.handle, std::move(news));
}

news_ptr model_keeper_state::news_of(const std::string& model) const {
  const auto* record = registry_.find(model);
  if (record == nullptr || record->state == model_state::loading)
    return nullptr;
  return std::make_shared<const model_news>(model_news{record->state, record->model, record->problem});
}

void model_keeper_state::tell_others() const {
  auto models = std::make_shared<const std::vector<model_status>>(registry_.status());
  self_->send(wiring_->router, models);
  self_->send(wiring_->monitor, std::move(models));
}

void model_keeper_state::tell_settled() {
  if (settled_ || !registry_.settled())
    return;
  settled_ = true;
  self_->send(wiring_->supervisor, settled_atom_v);
}

model_keeper_actor::behavior_type model_keeper(model_keeper_state::self_pointer self, const model_keeper_setup& setup) {
  auto& state = self->state;
  state.start(setup);
  name_exceptions(self);
  return {
      [&state](want_atom, const std::string& model) { state.want(model); },
      [&state](drop_atom, const std::string& model) { state.drop(model); },
      [&state](lost_atom, const std::string& model) { state.lost(model); },
      [&state](opened_atom, const std::string& model, const model_outcome_ptr& outcome) {
        state.opened(model, *outcome);
      },
      [self](stop_atom) { self->quit(); },
      [&state](wire_atom, const wiring_ptr& wiring) { state.wire(wiring); },
  };
}

} // namespace weft
