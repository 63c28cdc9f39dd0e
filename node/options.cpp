#include "node/options.hpp"

#include "node/config/address.hpp"
#include "node/config/api_key_entry.hpp"
#include "runtime/registry/operation_registry.hpp"

#include <algorithm>

namespace weft {

call_limits to_call_limits(const node_config& config) {
  const auto& c = config.limits;
  return {.calls_max = c.calls_max,
          .bytes_max = c.bytes_max,
          .items_max = c.items_max,
          .text_bytes_max = c.text_bytes_max,
          .call_bytes_max = c.call_bytes_max};
}

std::vector<pool_options> to_pools(const node_config& config, uint32_t cpus) {
  const auto& c = config.pool;
  const uint32_t workers_max = c.workers_max ? c.workers_max : std::max(cpus, c.workers_min);
  return {{.name = "default",
           .model = config.model.name,
           .workers_min = c.workers_min,
           .workers_max = workers_max,
           .tokenizers = c.tokenizers ? c.tokenizers : cpus,
           .batch_tokens_max = c.batch_tokens_max,
           .batch_items_max = c.batch_items_max,
           .queue_items_max = c.queue_items_max,
           .queue_tokens_max = c.queue_tokens_max,
           .pin_threads = c.pin_threads,
           .batching = c.batching && !config.modes.plain,
           .pooling = c.pooling && !config.modes.plain}};
}

cache_options to_cache_options(const node_config& config) {
  const auto& c = config.cache;
  const auto shards = std::max(c.shards, 1u);
  cache_space_options embed{.policy = c.embed_policy,
                            .l1_bytes_max = c.embed_memory_bytes_max / shards,
                            .l2_bytes_max = c.embed_packed_bytes_max / shards,
                            .store = !c.store                                 ? store_mode::never
                                     : c.store_when == store_moment::computed ? store_mode::on_put
                                                                              : store_mode::on_eviction,
                            .packing = {.vectors_fp16 = c.embed_packed_fp16}};
  auto compress = embed;
  compress.policy = policy_kind::tiny_lfu;
  compress.packing = {};
  compress.l1_bytes_max = compress.l2_bytes_max = c.compress_bytes_max / shards / 2;
  auto document = compress;
  document.l1_bytes_max = document.l2_bytes_max = c.document_bytes_max / shards / 2;
  document.policy = policy_kind::lru; // a new document is asked for next, however often old ones were
  document.recomputable = false;
  if (c.embed_lifetime_seconds > 0)
    embed.lifetime = std::chrono::seconds(c.embed_lifetime_seconds);
  return {.enabled = c.enabled && !config.modes.plain,
          .shards = shards,
          .shard = {.spaces = {{std::string{embed_name}, embed},
                               {std::string{compress_name}, compress},
                               {std::string{document_name}, document}}},
          .near = {.bytes_max = c.near_bytes_max,
                   .lifetime = std::min<duration>(near_cache::options{}.lifetime, embed.lifetime),
                   .policy = c.embed_policy},
          .shared_by_tenants = c.scope == cache_scope::shared,
          .replicas = c.replicas,
          .preload = {
              .enabled = c.preload, .bytes_max = c.preload_bytes_max, .bytes_per_second = c.preload_bytes_per_second}};
}

document_options to_document_options(const node_config& config) {
  document_options out;
  out.limits.bytes_max = config.limits.text_bytes_max;
  return out;
}

compress_options to_compress_options(const node_config& config) {
  return {.texts_max = config.compress.texts_max,
          .sentences_max = config.compress.sentences_max,
          .trial_every = config.compress.trial_every};
}

job_options to_job_options(const node_config& config, uint32_t cpus) {
  using std::chrono::hours;
  const auto& c = config.jobs;
  job_options out;
  out.core.region = config.cluster.region;
  out.core.single_node = config.cluster.single_node;
  out.core.durability = {.copies = c.copies, .synced = out.core.single_node ? 1 : c.synced};
  out.core.models = {config.model.name};
  out.core.items_max = c.items_max;
  out.core.text_bytes_max = config.limits.text_bytes_max;
  out.core.jobs_max = c.jobs_max;
  out.core.submissions_max = c.submissions_max;
  out.core.runs_max = c.runs_max ? c.runs_max : 2 * to_pools(config, cpus).front().workers_max;
  out.core.retention = hours{c.retention_hours};
  out.core.retention_max = hours{c.retention_hours_max};
  out.core.expires_in = hours{c.expires_hours};
  out.core.corpus_part.corpora_max = c.corpora_max;
  return out;
}

device_group_options to_device_group_options(const node_config& config, uint64_t memory) {
  constexpr uint64_t least = 64ULL << 20;
  const auto& c = config.jobs;
  device_group_options out;
  out.bytes_max = c.corpus_memory_bytes_max > 0 ? c.corpus_memory_bytes_max : std::max(memory / 8, least);
  out.corpora_max = c.corpora_max;
  return out;
}

autoscaler_options to_scaling(const node_config& config) {
  using std::chrono::milliseconds;
  // The hysteresis: a worker goes only when the others stay this far below the target.
  constexpr double low_share = 0.8;
  const auto& c = config.scaling;
  autoscaler_options out;
  out.scaling.utilization_target = c.utilization_target_percent / 100.0;
  out.scaling.utilization_low = low_share * out.scaling.utilization_target;
  out.scaling.wait_target = milliseconds{c.wait_target_ms};
  out.scaling.grow_after = milliseconds{c.grow_after_ms};
  out.scaling.grow_pause = milliseconds{c.grow_pause_ms};
  out.scaling.shrink_after = milliseconds{c.shrink_after_ms};
  out.scaling.shrink_pause = milliseconds{c.shrink_pause_ms};
  return out;
}

std::vector<api_key> to_api_keys(const node_config& config) {
  std::vector<api_key> out;
  for (const auto& line : config.auth.api_keys) {
    const auto entry = parse_api_key_entry(line);
    WEFT_ASSERT(static_cast<bool>(entry));
    out.push_back({.name = entry->name, .tenant = entry->tenant, .caller = entry->role, .hash = entry->hash});
  }
  return out;
}

namespace {

std::optional<tls_files> to_tls(const node_config& config) {
  if (config.tls.cert.empty())
    return std::nullopt;
  return tls_files{.certificate = config.tls.cert, .key = config.tls.key, .client_ca = config.tls.client_ca};
}

/// Nodes may have an authority of their own, so that a client's certificate does not make a member.
std::optional<tls_files> to_peer_tls(const node_config& config) {
  auto files = to_tls(config);
  if (files && !config.tls.peer_ca.empty())
    files->client_ca = config.tls.peer_ca;
  return files;
}

} // namespace

detector_options to_detector_options(const node_config& config) {
  detector_options out;
  out.membership.cluster_id = config.cluster.id;
  out.membership.addresses_max = seeds_max + out.membership.remembered_max;
  out.exchange.listen = config.node.peer;
  out.exchange.tls = to_peer_tls(config);
  out.exchange.allow_plaintext = config.tls.allow_plaintext;
  out.profile = {.name = config.node.name,
                 .peer_address = config.node.peer_advertise,
                 .region = config.cluster.region,
                 .zone = config.cluster.zone,
                 .weight = config.cluster.weight / 100.0};
  out.addresses = config.cluster.seeds;
  return out;
}

peer_server_options to_peer_server_options(const node_config& config) {
  const auto& peer = config.node.peer;
  return {.listen = config.node.peer_data.empty() ? with_port(peer, 0) : config.node.peer_data,
          .tls = to_peer_tls(config),
          .allow_plaintext = config.tls.allow_plaintext,
          .log = {},
          .message_bytes_max = config.limits.message_bytes_max,
          .memory_bytes_max = config.limits.grpc_bytes_max,
          .calls_per_connection_max = config.limits.calls_per_connection_max};
}

peer_link_options to_peer_link_options(const node_config& config) {
  return {.tls = to_peer_tls(config)};
}

entry_link_options to_entry_link_options(const node_config& config) {
  return {.tls = to_peer_tls(config)};
}

job_link_options to_job_link_options(const node_config& config) {
  return {.tls = to_peer_tls(config)};
}

rank_carrier_options to_rank_carrier_options(const node_config& config) {
  rank_carrier_options out;
  out.dialer.tls = to_peer_tls(config);
  return out;
}

std::string data_address(const node_config& config, uint16_t port) {
  const auto& listen = config.node.peer_data;
  const auto& told = config.node.peer_advertise.empty() ? config.node.peer : config.node.peer_advertise;
  const bool own = !listen.empty() && !listen.starts_with("0.0.0.0:") && !listen.starts_with("[::]:");
  const auto& from = own ? listen : told;
  return with_port(from, port);
}

model_relay_options to_model_relay_options(const node_config& config) {
  const auto& peer = config.node.peer;
  return {.cluster_id = config.cluster.id,
          .peer_listen = peer,
          .data_listen = config.node.peer_data.empty() ? with_port(peer, 0) : config.node.peer_data,
          .data_address = [config](uint16_t port) { return data_address(config, port); },
          .tls = to_peer_tls(config),
          .allow_plaintext = config.tls.allow_plaintext};
}

model_link_options to_model_link_options(const node_config& config, std::string own_address) {
  return {.cluster_id = config.cluster.id, .own_address = std::move(own_address), .tls = to_peer_tls(config)};
}

settings_link_options to_settings_link_options(const node_config& config) {
  return {.cluster_id = config.cluster.id, .tls = to_peer_tls(config)};
}

report_link_options to_report_link_options(const node_config& config) {
  return {.tls = to_peer_tls(config)};
}

grpc_server_options to_grpc_options(const node_config& config, uint32_t cpus) {
  grpc_server_options out;
  out.listen = {config.node.listen};
  out.tls = to_tls(config);
  out.allow_plaintext = config.tls.allow_plaintext;
  out.api_keys = to_api_keys(config);
  out.reflection = config.node.reflection;
  out.identity = {.endpoint = config.node.advertise, .region = config.cluster.region, .zone = config.cluster.zone};
  out.tei = {.concurrent_requests_max = config.limits.calls_max,
             .batch_tokens_max = config.pool.batch_tokens_max,
             .call_items_max = config.limits.items_max,
             .tokenizers = to_pools(config, cpus).front().tokenizers};
  out.compress_items_max = config.limits.items_max;
  out.message_bytes_max = config.limits.message_bytes_max;
  out.memory_bytes_max = config.limits.grpc_bytes_max;
  out.calls_per_connection_max = config.limits.calls_per_connection_max;
  out.streams_max = config.limits.streams_max;
  out.stream.items_max = config.limits.stream_items_max;
  out.stream.bytes_max = config.limits.stream_bytes_max;
  // Half of what the node takes; the other half is for unary callers.
  out.share = {.bytes_max = std::max<uint64_t>(config.limits.bytes_max / 2, 1),
               .groups_max = std::max(config.limits.calls_max / 2, 1u),
               .items_max =
                   static_cast<uint32_t>(std::clamp<uint64_t>(config.pool.queue_items_max / 2, 1, UINT32_MAX))};
  return out;
}

http_options to_http_options(const node_config& config) {
  const auto address = parse_address(config.node.http);
  WEFT_ASSERT(static_cast<bool>(address));
  return {.host = address->host, .port = address->port, .connections_max = config.node.http_connections_max};
}

log_options to_log_options(const node_config& config) {
  return {.level = config.log.level, .format = config.log.format, .file = config.log.file};
}

} // namespace weft
