#include "tools/weft/node_json.hpp"

namespace weft::cli {
namespace {

json to_json(const v1::Model& m) {
  return {{"name", m.name()},
          {"version", m.version()},
          {"precision", m.precision()},
          {"dimensions", m.dimensions()},
          {"tokens_max", m.tokens_max()},
          {"weights_bytes", m.weights_bytes()},
          {"state", m.state()},
          {"problem", m.problem()}};
}

json to_json(const v1::Engine& e) {
  return {{"device", e.device()},
          {"kind", e.kind()},
          {"name", e.name()},
          {"precision", e.precision()},
          {"memory_bytes", e.memory_bytes()},
          {"tokens_per_second", e.tokens_per_second()},
          {"batch_seconds", e.batch_seconds()}};
}

/// What the driver does not tell is null.
json to_json(const v1::Device& d) {
  return {{"device", d.device()},
          {"name", d.name()},
          {"memory_bytes", d.memory_bytes()},
          {"usable", d.usable()},
          {"problem", d.problem()},
          {"engines", d.engines()},
          {"utilization", d.has_utilization() ? json(d.utilization()) : json()},
          {"memory_used_bytes", d.has_memory_used_bytes() ? json(d.memory_used_bytes()) : json()},
          {"temperature_celsius", d.has_temperature_celsius() ? json(d.temperature_celsius()) : json()}};
}

json to_json(const v1::Pool& p) {
  json engines = json::array();
  for (const auto& engine : p.engines())
    engines.push_back(to_json(engine));
  return {{"name", p.name()},
          {"model", p.model()},
          {"workers", p.workers()},
          {"workers_min", p.workers_min()},
          {"workers_max", p.workers_max()},
          {"workers_busy", p.workers_busy()},
          {"queued_items", p.queued_items()},
          {"queued_tokens", p.queued_tokens()},
          {"items_done", p.items_done()},
          {"tokens_done", p.tokens_done()},
          {"utilization", p.utilization()},
          {"engines", std::move(engines)}};
}

json to_json(const v1::NodeLoad& l) {
  return {{"calls_in_flight", l.calls_in_flight()}, {"calls_done", l.calls_done()},
          {"calls_refused", l.calls_refused()},     {"restarts", l.restarts()},
          {"memory_bytes", l.memory_bytes()},       {"level", l.level()}};
}

json to_json(const v1::CacheLevel& l) {
  return {{"hits", l.hits()},       {"misses", l.misses()}, {"evictions", l.evictions()},
          {"entries", l.entries()}, {"bytes", l.bytes()},   {"bytes_max", l.bytes_max()}};
}

json to_json(const v1::CacheCare& c) {
  return {{"preloaded", c.preloaded()},
          {"preloaded_used", c.preloaded_used()},
          {"preloaded_unused", c.preloaded_unused()},
          {"replicas_sent", c.replicas_sent()},
          {"replicas_dropped", c.replicas_dropped()},
          {"replicas_waiting", c.replicas_waiting()},
          {"replicas_kept", c.replicas_kept()},
          {"repairs_asked", c.repairs_asked()},
          {"repairs_found", c.repairs_found()},
          {"handed_over", c.handed_over()}};
}

} // namespace

json to_json(const v1::Cache& c) {
  return {{"memory", to_json(c.memory())},
          {"packed", to_json(c.packed())},
          {"store", to_json(c.store())},
          {"computed", c.computed()},
          {"shared", c.shared()},
          {"generation", c.generation()},
          {"store_accepts_writes", c.store_accepts_writes()},
          {"care", to_json(c.care())}};
}

std::string state_name(v1::NodeState state) {
  switch (state) {
  case v1::NODE_STATE_STARTING:
    return "starting";
  case v1::NODE_STATE_SERVING:
    return "serving";
  case v1::NODE_STATE_DRAINING:
    return "draining";
  case v1::NODE_STATE_UNHEALTHY:
    return "unhealthy";
  case v1::NODE_STATE_SUSPECT:
    return "suspect";
  case v1::NODE_STATE_DEAD:
    return "dead";
  case v1::NODE_STATE_LEFT:
    return "left";
  default:
    return "unknown";
  }
}

tone state_tone(v1::NodeState state) {
  if (state == v1::NODE_STATE_SERVING)
    return tone::good;
  return state == v1::NODE_STATE_UNHEALTHY || state == v1::NODE_STATE_DEAD ? tone::bad : tone::warning;
}

json to_json(const v1::Node& node) {
  json models = json::array();
  for (const auto& model : node.models())
    models.push_back(to_json(model));
  json pools = json::array();
  for (const auto& pool : node.pools())
    pools.push_back(to_json(pool));
  json devices = json::array();
  for (const auto& device : node.devices())
    devices.push_back(to_json(device));
  return {{"name", node.name()},          {"state", state_name(node.state())},
          {"reason", node.reason()},      {"version", node.version()},
          {"endpoint", node.endpoint()},  {"region", node.region()},
          {"zone", node.zone()},          {"uptime_seconds", node.uptime_seconds()},
          {"load", to_json(node.load())}, {"models", std::move(models)},
          {"pools", std::move(pools)},    {"id", node.id()},
          {"epoch", node.epoch()},        {"peer_endpoint", node.peer_endpoint()},
          {"weight", node.weight()},      {"cache", to_json(node.cache())},
          {"devices", std::move(devices)}};
}

} // namespace weft::cli
