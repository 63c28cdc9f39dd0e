#include "actors/node_supervisor.hpp"

#include "actors/autoscaler.hpp"
#include "actors/cache_keeper.hpp"
#include "actors/cache_shard.hpp"
#include "actors/compressor.hpp"
#include "actors/device_group.hpp"
#include "actors/document_keeper.hpp"
#include "actors/gateway.hpp"
#include "actors/job_keeper.hpp"
#include "actors/model_keeper.hpp"
#include "actors/monitor.hpp"
#include "actors/parent.hpp"
#include "actors/router.hpp"
#include "actors/settings_keeper.hpp"
#include "actors/worker_pool.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace weft {
namespace {

constexpr int stage_gateway = 0;
constexpr int stage_router = 1;
constexpr int stage_shards = 2;
constexpr int stage_pools = 3;
constexpr int stage_rest = 4;

/// Tells at most once, however many copies there are.
std::function<void(const std::string&)> once(std::function<void(std::string)> tell) {
  auto told = std::make_shared<std::atomic<bool>>(false);
  return [told, tell = std::move(tell)](const std::string& reason) {
    if (tell && !told->exchange(true))
      tell(reason);
  };
}

} // namespace

void node_supervisor_state::start(const node_supervisor_setup& setup) {
  setup_ = setup;
  tell_unhealthy_ = once(setup.options.on_unhealthy);
  self_->attach_functor([tell = tell_unhealthy_](const caf::error& reason) {
    if (reason)
      tell("the supervisor itself has died");
  });
  started_ = self_->clock().now();
  add_children();
  for (auto& it : children_)
    start_child(it);
  wire();
}

void node_supervisor_state::add_children() {
  // Children are told to stop by a message, not by an exit: what is in their mailboxes before it is still seen to.
  auto stop = [this](auto part) { return [this, part] { self_->send(parts_.*part, stop_atom_v); }; };
  children_.push_back({"keeper", stage_rest, [this] { start_keeper(); }, stop(&tree_wiring::keeper), {}});
  children_.push_back({"monitor", stage_rest, [this] { start_monitor(); }, stop(&tree_wiring::monitor), {}});
  children_.push_back({"autoscaler", stage_rest, [this] { start_autoscaler(); }, stop(&tree_wiring::autoscaler), {}});
  children_.push_back({"settings", stage_rest, [this] { start_settings(); }, stop(&tree_wiring::settings), {}});
  parts_.supervisor = node_supervisor_actor{self_};
  parts_.pools.resize(setup_.options.pools.size());
  for (size_t i = 0; i < parts_.pools.size(); ++i)
    children_.push_back({setup_.options.pools[i].name,
                         stage_pools,
                         [this, i] { start_pool(i); },
                         [this, i] { self_->send(parts_.pools[i].handle, stop_atom_v); },
                         {}});
  children_.push_back({"compressor", stage_pools, [this] { start_compressor(); }, stop(&tree_wiring::compressor), {}});
  parts_.shards.resize(setup_.options.cache.enabled ? setup_.options.cache.shards : 0);
  for (size_t i = 0; i < parts_.shards.size(); ++i)
    children_.push_back({"cache_shard",
                         stage_shards,
                         [this, i] { start_shard(i); },
                         [this, i] { self_->send(parts_.shards[i], stop_atom_v); },
                         {}});
  if (setup_.options.cache.enabled)
    children_.push_back(
        {"cache_keeper", stage_router, [this] { start_cache_keeper(); }, stop(&tree_wiring::cache_keeper), {}});
  children_.push_back({"router", stage_router, [this] { start_router(); }, stop(&tree_wiring::router), {}});
  children_.push_back({"documents", stage_gateway, [this] { start_documents(); }, stop(&tree_wiring::documents), {}});
  if (setup_.options.jobs.log)
    children_.push_back(
        {"device_group", stage_router, [this] { start_device_group(); }, stop(&tree_wiring::device_group), {}});
  if (setup_.options.jobs.log)
    children_.push_back({"jobs", stage_gateway, [this] { start_jobs(); }, stop(&tree_wiring::jobs), {}});
  children_.push_back({"gateway", stage_gateway, [this] { start_gateway(); }, stop(&tree_wiring::gateway), {}});
}

void node_supervisor_state::start_child(child& it) {
  starting_ = &it;
  it.start();
  starting_ = nullptr;
}

template <class Handle> void node_supervisor_state::watch(const Handle& handle) {
  self_->monitor(handle);
  starting_->address = handle.address();
}

void node_supervisor_state::start_autoscaler() {
  parts_.autoscaler = self_->spawn(autoscaler, setup_.options.scaling);
  watch(parts_.autoscaler);
}

void node_supervisor_state::start_cache_keeper() {
  parts_.cache_keeper = self_->spawn(cache_keeper, setup_.options.cache);
  watch(parts_.cache_keeper);
}

void node_supervisor_state::start_compressor() {
  parts_.compressor = self_->spawn(compressor, compressor_setup{setup_.options.compress, setup_.services});
  watch(parts_.compressor);
}

void node_supervisor_state::start_device_group() {
  const auto& options = setup_.options;
  parts_.device_group = self_->spawn(
      device_group, device_group_setup{options.corpora, options.jobs.ranks, setup_.corpora, setup_.services});
  watch(parts_.device_group);
}

void node_supervisor_state::start_documents() {
  const auto& options = setup_.options;
  parts_.documents =
      self_->spawn(document_keeper, document_keeper_setup{options.documents, options.cache.link, setup_.services});
  watch(parts_.documents);
}

void node_supervisor_state::start_gateway() {
  std::vector<std::string> models;
  for (const auto& entry : setup_.options.models)
    models.push_back(entry.name);
  parts_.gateway = self_->spawn(gateway, gateway_setup{setup_.operations, std::move(models)});
  watch(parts_.gateway);
}

void node_supervisor_state::start_jobs() {
  parts_.jobs =
      self_->spawn(job_keeper, job_keeper_setup{setup_.options.jobs, setup_.desk, setup_.services, setup_.board});
  watch(parts_.jobs);
}

void node_supervisor_state::start_keeper() {
  parts_.keeper = self_->spawn(model_keeper, model_keeper_setup{setup_.options.models, setup_.services});
  watch(parts_.keeper);
}

void node_supervisor_state::start_monitor() {
  parts_.monitor = self_->spawn(monitor, monitor_setup{setup_.options.node_name, setup_.options.version, started_,
                                                       condition_, setup_.gate, setup_.board});
  watch(parts_.monitor);
}

void node_supervisor_state::start_router() {
  parts_.router =
      self_->spawn(router, router_setup{setup_.options.cache, setup_.options.peers,
                                        std::hash<std::string>{}(setup_.options.node_name), setup_.services});
  watch(parts_.router);
}

void node_supervisor_state::start_settings() {
  parts_.settings = self_->spawn(settings_keeper, settings_keeper_setup{setup_.options.settings, setup_.services});
  watch(parts_.settings);
}

void node_supervisor_state::start_shard(size_t index) {
  const auto& cache = setup_.options.cache;
  auto store = index < cache.stores.size() ? cache.stores[index] : nullptr;
  parts_.shards[index] = self_->spawn(cache_shard, cache_shard_setup{cache, std::move(store), setup_.services});
  watch(parts_.shards[index]);
}

void node_supervisor_state::start_pool(size_t index) {
  const auto& options = setup_.options.pools[index];
  auto cost = setup_.operations->find(embed_name)->cost;
  auto handle = self_->spawn(worker_pool, worker_pool_setup{options, std::move(cost), setup_.services});
  parts_.pools[index] = {options.name, options.model, handle};
  watch(handle);
}

void node_supervisor_state::wire() {
  wiring_ = std::make_shared<const tree_wiring>(parts_);
  self_->send(parts_.gateway, wire_atom_v, wiring_);
  self_->send(parts_.router, wire_atom_v, wiring_);
  self_->send(parts_.settings, wire_atom_v, wiring_);
  self_->send(parts_.compressor, wire_atom_v, wiring_);
  self_->send(parts_.documents, wire_atom_v, wiring_);
  if (parts_.cache_keeper)
    self_->send(parts_.cache_keeper, wire_atom_v, wiring_);
  for (const auto& shard : parts_.shards)
    self_->send(shard, wire_atom_v, wiring_);
  if (cluster_)
    tell_members();
  for (const auto& pool : parts_.pools)
    self_->send(pool.handle, wire_atom_v, wiring_);
  self_->send(parts_.keeper, wire_atom_v, wiring_);
  self_->send(parts_.monitor, wire_atom_v, wiring_);
  self_->send(parts_.autoscaler, wire_atom_v, wiring_);
  if (parts_.device_group)
    self_->send(parts_.device_group, wire_atom_v, wiring_);
  if (parts_.jobs)
    self_->send(parts_.jobs, wire_atom_v, wiring_);
  setup_.door->lead_to(parts_.gateway);
  setup_.desk->lead_to(parts_.jobs);
  setup_.documents->lead_to(parts_.documents);
}

void node_supervisor_state::child_down(const caf::down_msg& down) {
  auto found = std::ranges::find(children_, down.source, &child::address);
  if (found == children_.end())
    return;
  found->address = nullptr;
  if (stopping_)
    return stop_next();
  if (!may_restart(found->name, self_->system().render(down.reason)))
    return;
  start_child(*found);
  wire();
}

bool node_supervisor_state::may_restart(const std::string& who, const std::string& why) {
  if (stopping_ || condition_.state == node_state::unhealthy)
    return false;
  if (!limits_[who].allow(self_->clock().now())) {
    unhealthy(who + " failed too often, at last because of: " + why);
    return false;
  }
  ++condition_.restarts;
  setup_.services->log("warn", who, "restarted after: " + why);
  setup_.services->meter->actor_restarted(who);
  condition_changed();
  return true;
}

void node_supervisor_state::unhealthy(const std::string& reason) {
  setup_.services->log("error", "supervisor", reason);
  condition_.state = node_state::unhealthy;
  condition_.reason = reason;
  setup_.gate->close(nullptr);
  condition_changed();
  tell_unhealthy_(reason);
}

void node_supervisor_state::condition_changed() {
  self_->send(parts_.monitor, state_atom_v, std::make_shared<const node_condition>(condition_));
}

void node_supervisor_state::settled() {
  if (condition_.state != node_state::starting)
    return;
  condition_.state = node_state::serving;
  condition_changed();
}

void node_supervisor_state::drain(const callback_ptr& drained) {
  drained_.push_back(drained);
  if (condition_.state == node_state::unhealthy)
    return;
  condition_.state = node_state::draining;
  condition_.reason = "the node takes no new calls";
  condition_changed();
  self_->send(parts_.documents, drain_atom_v);
  if (parts_.device_group)
    self_->send(parts_.device_group, drain_atom_v);
  if (parts_.jobs)
    self_->send(parts_.jobs, drain_atom_v);
}

void node_supervisor_state::idle() {
  const auto tell = [waiting = std::exchange(drained_, {})](const auto&) {
    for (const auto& drained : waiting)
      (*drained)();
  };
  if (!parts_.cache_keeper)
    return tell(ok);
  // What is hot here goes to those who own it next. Lost with the keeper, the question answers itself.
  self_->send(parts_.cache_keeper, std::make_shared<hand_over_ask>(std::monostate{}, tell));
}

void node_supervisor_state::change(const std::vector<pool_options>& pools) {
  for (const auto& changed : pools) {
    auto known = std::ranges::find(setup_.options.pools, changed.name, &pool_options::name);
    if (known == setup_.options.pools.end())
      continue;
    auto index = static_cast<size_t>(known - setup_.options.pools.begin());
    auto model = known->model;
    *known = changed; // a restarted pool starts with it
    known->model = std::move(model);
    self_->send(parts_.pools[index].handle, change_atom_v, std::make_shared<const pool_options>(*known));
  }
}

void node_supervisor_state::hear(const cluster_view_ptr& cluster) {
  cluster_ = cluster;
  tell_members();
}

void node_supervisor_state::tell_members() {
  self_->send(parts_.router, cluster_);
  self_->send(parts_.settings, cluster_);
  self_->send(parts_.documents, cluster_);
  if (parts_.cache_keeper)
    self_->send(parts_.cache_keeper, cluster_);
  if (parts_.device_group)
    self_->send(parts_.device_group, cluster_);
  if (parts_.jobs)
    self_->send(parts_.jobs, cluster_);
  for (const auto& shard : parts_.shards)
    self_->send(shard, cluster_);
}

void node_supervisor_state::clear_cache(uint64_t generation) {
  if (generation <= parts_.cache_generation)
    return;
  parts_.cache_generation = generation;
  wire();
}

void node_supervisor_state::hear(const settings_effects_ptr& effects) {
  if (*effects == (parts_.effects ? *parts_.effects : settings_effects{}))
    return;
  parts_.effects = effects;
  parts_.cache_generation = std::max(parts_.cache_generation, effects->cache_generation);
  wire();
}

void node_supervisor_state::stop() {
  stopping_ = true;
  stop_next();
}

void node_supervisor_state::stop_next() {
  auto alive = [](const child& it) { return it.address != nullptr; };
  auto next =
      std::ranges::min_element(children_, {}, [&](const child& it) { return alive(it) ? it.stage : stage_rest + 1; });
  if (next == children_.end() || !alive(*next))
    return self_->quit();
  if (next->stage == stage_told_)
    return; // they have been told, and not all have gone
  stage_told_ = next->stage;
  for (const auto& it : children_)
    if (alive(it) && it.stage == stage_told_)
      it.stop();
}

node_supervisor_actor::behavior_type node_supervisor(node_supervisor_state::self_pointer self,
                                                     const node_supervisor_setup& setup) {
  auto& state = self->state;
  name_exceptions(self);
  self->set_down_handler([&state](const caf::down_msg& down) { state.child_down(down); });
  state.start(setup);
  return {
      [&state](restart_atom, const std::string& child, const std::string& why) {
        return state.may_restart(child, why);
      },
      [&state](settled_atom) { state.settled(); },
      [&state](drain_atom, const callback_ptr& drained) { state.drain(drained); },
      [&state](idle_atom) { state.idle(); },
      [&state](change_atom, const pools_options_ptr& pools) { state.change(*pools); },
      [&state](const cluster_view_ptr& cluster) { state.hear(cluster); },
      [&state](clear_atom, uint64_t generation) { state.clear_cache(generation); },
      [&state](const settings_effects_ptr& effects) { state.hear(effects); },
      [self](const settings_ask_ptr& asked) { self->send(self->state.wiring()->settings, asked); },
      [self](const peer_settings_ask_ptr& asked) { self->send(self->state.wiring()->settings, asked); },
      [&state](const keep_ask_ptr& asked) { state.pass_to_cache(asked); },
      [&state](const find_ask_ptr& asked) { state.pass_to_cache(asked); },
      [&state](const hot_ask_ptr& asked) { state.pass_to_cache(asked); },
      [self](const lookup_ask_ptr& asked) { self->send(self->state.wiring()->router, asked); },
      [self](const policy_ask_ptr& asked) { self->send(self->state.wiring()->compressor, asked); },
      [&state](wire_atom) { return state.wiring(); },
      [&state](stop_atom) { state.stop(); },
  };
}

} // namespace weft
