#include "node/grpc/convert.hpp"
#include "node/grpc/parse.hpp"
#include "weft/v1/node.pb.h"

#include <algorithm>

namespace weft {
namespace {

namespace pb = weft::v1;

pb::NodeState to_pb(node_state state) noexcept {
  switch (state) {
  case node_state::starting:
    return pb::NODE_STATE_STARTING;
  case node_state::serving:
    return pb::NODE_STATE_SERVING;
  case node_state::draining:
    return pb::NODE_STATE_DRAINING;
  case node_state::unhealthy:
    return pb::NODE_STATE_UNHEALTHY;
  }
  return pb::NODE_STATE_UNSPECIFIED;
}

void write_model(const model_status& from, pb::Model& to) {
  to.set_name(from.info.name);
  to.set_version(from.info.version);
  to.set_precision(std::string(to_string(from.info.precision)));
  to.set_dimensions(from.info.dimensions);
  to.set_tokens_max(from.info.tokens_max);
  to.set_weights_bytes(from.info.weights_bytes);
  to.set_state(std::string(to_string(from.state)));
  to.set_problem(from.problem);
}

void write_engine(const engine_status& from, pb::Engine& to) {
  to.set_device(from.info.device);
  to.set_kind(std::string(to_string(from.info.kind)));
  to.set_name(from.info.name);
  to.set_precision(std::string(to_string(from.info.precision)));
  to.set_memory_bytes(from.info.memory_bytes);
  to.set_tokens_per_second(from.tokens_per_second);
  to.set_batch_seconds(from.batch_seconds);
}

void write_device(const device_report& from, pb::Device& to) {
  to.set_device(from.device);
  to.set_name(from.name);
  to.set_memory_bytes(from.memory_bytes);
  to.set_usable(from.usable);
  to.set_problem(from.problem);
  to.set_engines(from.engines);
  const auto& figures = from.figures;
  if (figures.utilization)
    to.set_utilization(*figures.utilization);
  if (figures.memory_used_bytes)
    to.set_memory_used_bytes(*figures.memory_used_bytes);
  if (figures.temperature_celsius)
    to.set_temperature_celsius(*figures.temperature_celsius);
}

void write_pool(const pool_status& from, pb::Pool& to) {
  to.set_name(from.name);
  to.set_model(from.model);
  to.set_workers(from.workers);
  to.set_workers_min(from.workers_min);
  to.set_workers_max(from.workers_max);
  to.set_workers_busy(from.workers_busy);
  to.set_queued_items(from.queued_items);
  to.set_queued_tokens(from.queued_tokens);
  to.set_items_done(from.items_done);
  to.set_tokens_done(from.tokens_done);
  to.set_utilization(from.utilization);
  for (const auto& engine : from.engines)
    write_engine(engine, *to.add_engines());
}

void write_level(const cache_level_status& from, pb::CacheLevel& to) {
  to.set_hits(from.hits);
  to.set_misses(from.misses);
  to.set_evictions(from.evictions);
  to.set_entries(from.entries);
  to.set_bytes(from.bytes);
  to.set_bytes_max(from.bytes_max);
}

void write_cache(const cache_status& from, pb::Cache& to) {
  write_level(from.memory, *to.mutable_memory());
  write_level(from.packed, *to.mutable_packed());
  write_level(from.store, *to.mutable_store());
  to.set_computed(from.computed);
  to.set_shared(from.shared);
  to.set_generation(from.generation);
  to.set_store_accepts_writes(from.store_accepts_writes);
  auto& care = *to.mutable_care();
  care.set_preloaded(from.care.preloaded);
  care.set_preloaded_used(from.care.preloaded_used);
  care.set_preloaded_unused(from.care.preloaded_unused);
  care.set_replicas_sent(from.care.replicas_sent);
  care.set_replicas_dropped(from.care.replicas_dropped);
  care.set_replicas_waiting(from.care.replicas_waiting);
  care.set_replicas_kept(from.care.replicas_kept);
  care.set_repairs_asked(from.care.repairs_asked);
  care.set_repairs_found(from.care.repairs_found);
  care.set_handed_over(from.care.handed_over);
}

void write_node(const node_snapshot& from, const node_identity& identity, const process_facts& facts, pb::Node& to) {
  to.set_name(from.name);
  to.set_version(from.version);
  to.set_state(to_pb(from.state));
  to.set_reason(from.reason);
  to.set_endpoint(identity.endpoint);
  to.set_region(identity.region);
  to.set_zone(identity.zone);
  to.set_uptime_seconds(static_cast<uint64_t>(
      std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(from.taken - from.started).count())));
  auto& load = *to.mutable_load();
  load.set_calls_in_flight(from.calls_in_flight);
  load.set_calls_done(from.calls_done);
  load.set_calls_refused(from.calls_refused);
  load.set_restarts(from.restarts);
  load.set_memory_bytes(facts.memory_bytes);
  for (const auto& bucket : facts.call_latency) {
    auto& step = *load.add_call_latency();
    step.set_seconds_max(bucket.seconds_max);
    step.set_calls(bucket.calls);
  }
  for (const auto& model : from.models)
    write_model(model, *to.add_models());
  for (const auto& pool : from.pools)
    write_pool(pool, *to.add_pools());
  write_cache(from.cache, *to.mutable_cache());
  for (const auto& device : facts.devices)
    write_device(device, *to.add_devices());
}

pb::NodeState to_pb(member_condition condition) noexcept {
  switch (condition) {
  case member_condition::starting:
    return pb::NODE_STATE_STARTING;
  case member_condition::serving:
    return pb::NODE_STATE_SERVING;
  case member_condition::draining:
    return pb::NODE_STATE_DRAINING;
  case member_condition::suspect:
    return pb::NODE_STATE_SUSPECT;
  case member_condition::dead:
    return pb::NODE_STATE_DEAD;
  case member_condition::left:
    return pb::NODE_STATE_LEFT;
  }
  return pb::NODE_STATE_UNSPECIFIED;
}

std::string hex(node_id node) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out(16, '0');
  auto value = static_cast<uint64_t>(node);
  for (size_t i = out.size(); i-- > 0; value >>= 4)
    out[i] = digits[value & 15];
  return out;
}

void write_membership(const cluster_member& from, pb::Node& to) {
  to.set_id(hex(from.node));
  to.set_epoch(static_cast<uint64_t>(from.epoch));
  to.set_peer_endpoint(from.peer_address);
  to.set_weight(from.weight);
  to.mutable_load()->set_level(from.load);
}

void write_member(const cluster_member& from, pb::Node& to) {
  to.set_name(from.name);
  to.set_state(to_pb(from.condition));
  to.set_endpoint(from.client_address);
  to.set_region(from.region);
  to.set_zone(from.zone);
  write_membership(from, to);
}

/// A report of a process that is gone says nothing of the one that is a member now.
bool reports_now(const cluster_member& member, const pb::Node& report) {
  return member.condition != member_condition::dead && member.condition != member_condition::left &&
         report.epoch() == static_cast<uint64_t>(member.epoch);
}

/// What another node says of itself. Whether it can be reached is for this node to say, and so is its place.
void write_report(const pb::Node& from, const cluster_member& member, pb::Node& to) {
  to = from;
  if (member.condition == member_condition::suspect)
    to.set_state(pb::NODE_STATE_SUSPECT);
  write_membership(member, to);
}

/// The node itself: what it knows at first hand, and its place in the cluster.
void write_self(const node_snapshot& from, const node_identity& identity, const process_facts& facts, pb::Node& to) {
  write_node(from, identity, facts, to);
  if (!from.cluster)
    return;
  for (const auto& member : from.cluster->members)
    if (member.node == from.cluster->self)
      write_membership(member, to);
}

} // namespace

grpc::ByteBuffer write_get_node_reply(const node_snapshot& node, const node_identity& identity,
                                      const process_facts& facts) {
  pb::GetNodeResponse out;
  write_self(node, identity, facts, *out.mutable_node());
  return to_buffer(out);
}

grpc::ByteBuffer write_list_nodes_reply(const node_snapshot& self, const node_identity& identity,
                                        const process_facts& facts,
                                        const std::unordered_map<node_id, v1::Node>& others) {
  pb::ListNodesResponse out;
  write_self(self, identity, facts, *out.add_nodes());
  if (!self.cluster)
    return to_buffer(out);
  for (const auto& member : self.cluster->members) {
    if (member.node == self.cluster->self)
      continue;
    auto& to = *out.add_nodes();
    if (const auto report = others.find(member.node); report != others.end() && reports_now(member, report->second))
      write_report(report->second, member, to);
    else
      write_member(member, to);
  }
  return to_buffer(out);
}

result<bool> read_list_nodes_request(const grpc::ByteBuffer& message) {
  auto in = parse<pb::ListNodesRequest>(message);
  if (!in)
    return in.error();
  return in->reports();
}

grpc::ByteBuffer write_drain_node_reply(const node_snapshot& node) {
  pb::DrainNodeResponse out;
  out.set_name(node.name);
  out.set_calls_in_flight(node.calls_in_flight);
  return to_buffer(out);
}

} // namespace weft
