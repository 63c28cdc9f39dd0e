#include "node/metrics/view_collector.hpp"

#include "node/metrics/families.hpp"

#include <map>

namespace weft {
namespace {

using family = prometheus::MetricFamily;

void add_node(const node_snapshot& node, std::vector<family>& out) {
  auto build = gauge_family("weft_build_info", "Always 1; the labels tell the name and the version of the node.");
  add_series(build, 1, {{"node", node.name}, {"version", node.version}});
  auto state = gauge_family("weft_node_state", "1 for the state that the node is in.");
  for (const auto s : {node_state::starting, node_state::serving, node_state::draining, node_state::unhealthy})
    add_series(state, node.state == s ? 1 : 0, {{"state", std::string{to_string(s)}}});
  auto calls = gauge_family("weft_calls_in_flight", "Calls admitted and not yet answered.");
  add_series(calls, static_cast<double>(node.calls_in_flight));
  auto refused = counter_family("weft_calls_refused_total", "Calls refused at the door because of a limit.");
  add_series(refused, static_cast<double>(node.calls_refused));
  for (auto* f : {&build, &state, &calls, &refused})
    out.push_back(std::move(*f));
}

void add_members(const node_snapshot& node, std::vector<family>& out) {
  if (!node.cluster)
    return;
  std::map<member_condition, uint64_t> counts;
  for (const auto& member : node.cluster->members)
    ++counts[member.condition];
  auto members = gauge_family("weft_members", "Members of the cluster in each state, as this node knows them.");
  for (const auto c : {member_condition::starting, member_condition::serving, member_condition::draining,
                       member_condition::suspect, member_condition::dead, member_condition::left})
    add_series(members, static_cast<double>(counts[c]), {{"state", std::string{to_string(c)}}});
  out.push_back(std::move(members));
}

void add_models(const node_snapshot& node, std::vector<family>& out) {
  auto state = gauge_family("weft_model_state", "1 for the state that the model is in.");
  auto info = gauge_family("weft_model_info", "Always 1; the labels tell version and numeric class of a ready model.");
  auto bytes = gauge_family("weft_model_weights_bytes", "Size of a ready model's weights; mapped once.");
  for (const auto& model : node.models) {
    for (const auto s : {model_state::unloaded, model_state::loading, model_state::ready, model_state::failed})
      add_series(state, model.state == s ? 1 : 0, {{"model", model.info.name}, {"state", std::string{to_string(s)}}});
    if (model.state != model_state::ready)
      continue;
    add_series(info, 1,
               {{"model", model.info.name},
                {"version", model.info.version},
                {"precision", std::string{to_string(model.info.precision)}}});
    add_series(bytes, static_cast<double>(model.info.weights_bytes), {{"model", model.info.name}});
  }
  for (auto* f : {&state, &info, &bytes})
    out.push_back(std::move(*f));
}

void add_pools(const node_snapshot& node, std::vector<family>& out) {
  struct gauge {
    const char* name;
    const char* help;
    double (*value)(const pool_status&);
  };
  static constexpr gauge gauges[] = {
      {"weft_pool_workers", "Workers of the pool.", [](const pool_status& p) { return double(p.workers); }},
      {"weft_pool_workers_min", "Workers that are always there.",
       [](const pool_status& p) { return double(p.workers_min); }},
      {"weft_pool_workers_max", "Workers at most.", [](const pool_status& p) { return double(p.workers_max); }},
      {"weft_pool_workers_busy", "Workers that compute.", [](const pool_status& p) { return double(p.workers_busy); }},
      {"weft_queue_items", "Texts that wait for a worker.",
       [](const pool_status& p) { return double(p.queued_items); }},
      {"weft_queue_tokens", "Tokens that wait for a worker.",
       [](const pool_status& p) { return double(p.queued_tokens); }},
      {"weft_pool_utilization_ratio", "Busy share of all workers, 0 to 1.",
       [](const pool_status& p) { return p.utilization; }},
  };
  for (const auto& g : gauges) {
    auto f = gauge_family(g.name, g.help);
    for (const auto& pool : node.pools)
      add_series(f, g.value(pool), {{"pool", pool.name}});
    out.push_back(std::move(f));
  }
}

/// How fast the engines are, and on what they run.
void add_engines(const node_snapshot& node, std::vector<family>& out) {
  auto info = gauge_family("weft_engine_info", "Always 1; the labels tell what a worker's engine runs on.");
  auto speed = gauge_family("weft_engine_tokens_per_second", "Tokens a second of an engine lately, while it computed.");
  auto fixed = gauge_family("weft_engine_batch_overhead_seconds", "What a batch takes an engine beside its tokens.");
  for (const auto& pool : node.pools)
    for (const auto& engine : pool.engines) {
      const auto& device = engine.info.device;
      add_series(info, 1,
                 {{"pool", pool.name},
                  {"device", device},
                  {"kind", std::string{to_string(engine.info.kind)}},
                  {"name", engine.info.name},
                  {"precision", std::string{to_string(engine.info.precision)}}});
      if (engine.tokens_per_second <= 0)
        continue; // nothing was measured yet
      add_series(speed, engine.tokens_per_second, {{"pool", pool.name}, {"device", device}});
      add_series(fixed, engine.batch_seconds, {{"pool", pool.name}, {"device", device}});
    }
  for (auto* f : {&info, &speed, &fixed})
    out.push_back(std::move(*f));
}

/// What is done for the cache in the background.
void add_cache_care(const cache_care& care, std::vector<family>& out) {
  auto preloaded = counter_family("weft_cache_preloaded_total", "Results fetched into memory ahead.");
  add_series(preloaded, static_cast<double>(care.preloaded));
  auto ends = counter_family("weft_cache_preloaded_ends_total",
                             "Results fetched ahead that were asked for (used), or left memory before (unused).");
  add_series(ends, static_cast<double>(care.preloaded_used), {{"end", "used"}});
  add_series(ends, static_cast<double>(care.preloaded_unused), {{"end", "unused"}});
  auto replicas = counter_family("weft_cache_replicas_total",
                                 "Second copies of results: taken by other nodes (sent), lost for want of room or of a "
                                 "node (dropped), taken from other nodes (kept).");
  add_series(replicas, static_cast<double>(care.replicas_sent), {{"end", "sent"}});
  add_series(replicas, static_cast<double>(care.replicas_dropped), {{"end", "dropped"}});
  add_series(replicas, static_cast<double>(care.replicas_kept), {{"end", "kept"}});
  auto waiting = gauge_family("weft_cache_replicas_waiting", "Second copies that are not yet taken.");
  add_series(waiting, static_cast<double>(care.replicas_waiting));
  auto repairs =
      counter_family("weft_cache_repairs_total", "Misses that a key's other owner was asked for before computing.");
  add_series(repairs, static_cast<double>(care.repairs_found), {{"result", "hit"}});
  add_series(repairs, static_cast<double>(care.repairs_asked - care.repairs_found), {{"result", "miss"}});
  auto handed = counter_family("weft_cache_handed_over_total", "Results given to the next owners by draining.");
  add_series(handed, static_cast<double>(care.handed_over));
  for (auto* f : {&preloaded, &ends, &replicas, &waiting, &repairs, &handed})
    out.push_back(std::move(*f));
}

void add_cache(const cache_status& cache, std::vector<family>& out) {
  auto requests = counter_family("weft_cache_requests_total",
                                 "Lookups in a level of the cache; one that misses goes on to the next.");
  auto entries = gauge_family("weft_cache_entries", "Results in a level of the cache.");
  auto bytes = gauge_family("weft_cache_bytes", "What a level of the cache takes.");
  auto evictions = counter_family("weft_cache_evictions_total", "Results that left a level for others.");
  const std::pair<const char*, const cache_level_status*> levels[] = {
      {"memory", &cache.memory}, {"packed", &cache.packed}, {"store", &cache.store}};
  for (const auto& [name, level] : levels) {
    add_series(requests, static_cast<double>(level->hits), {{"level", name}, {"result", "hit"}});
    add_series(requests, static_cast<double>(level->misses), {{"level", name}, {"result", "miss"}});
    add_series(entries, static_cast<double>(level->entries), {{"level", name}});
    add_series(bytes, static_cast<double>(level->bytes), {{"level", name}});
    add_series(evictions, static_cast<double>(level->evictions), {{"level", name}});
  }
  auto computed = counter_family("weft_cache_computed_total", "Texts that no level knew.");
  add_series(computed, static_cast<double>(cache.computed));
  auto shared = counter_family("weft_cache_shared_total", "Texts that waited for another call to compute them.");
  add_series(shared, static_cast<double>(cache.shared));
  auto writes = gauge_family("weft_cache_store_accepts_writes", "0 while the disk is full or broken.");
  add_series(writes, cache.store_accepts_writes ? 1 : 0);
  for (auto* f : {&requests, &entries, &bytes, &evictions, &computed, &shared, &writes})
    out.push_back(std::move(*f));
}

} // namespace

std::vector<family> view_collector::Collect() const {
  const auto snapshot = view_->snapshot();
  std::vector<family> out;
  add_node(*snapshot, out);
  add_members(*snapshot, out);
  add_models(*snapshot, out);
  add_pools(*snapshot, out);
  add_engines(*snapshot, out);
  add_cache(snapshot->cache, out);
  add_cache_care(snapshot->cache.care, out);
  std::erase_if(out, [](const family& f) { return f.metric.empty(); });
  return out;
}

} // namespace weft
