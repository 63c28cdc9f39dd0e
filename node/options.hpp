#pragma once

#include "actors/actor_tree.hpp"
#include "node/config/config.hpp"
#include "node/grpc/server.hpp"
#include "node/http/http_server.hpp"
#include "node/logging/node_log.hpp"
#include "node/peer/detector.hpp"
#include "node/peer/grpc_entry_link.hpp"
#include "node/peer/grpc_job_link.hpp"
#include "node/peer/grpc_model_link.hpp"
#include "node/peer/grpc_peer_link.hpp"
#include "node/peer/grpc_rank_carrier.hpp"
#include "node/peer/model_relay.hpp"
#include "node/peer/peer_server.hpp"
#include "node/peer/report_link.hpp"
#include "node/peer/settings_link.hpp"

#include <cstdint>
#include <vector>

// From the configuration to the options of each part: the parts know nothing of the configuration.
namespace weft {

call_limits to_call_limits(const node_config& config);

/// cpus: what 0 stands for.
std::vector<pool_options> to_pools(const node_config& config, uint32_t cpus);

/// Without the stores: cache_stores.hpp opens them.
cache_options to_cache_options(const node_config& config);
compress_options to_compress_options(const node_config& config);
document_options to_document_options(const node_config& config);

/// Without identity, clock, log and link.
job_options to_job_options(const node_config& config, uint32_t cpus);

/// memory: what the process may use.
device_group_options to_device_group_options(const node_config& config, uint64_t memory);

autoscaler_options to_scaling(const node_config& config);

/// REQUIRES: check_relations() found nothing.
std::vector<api_key> to_api_keys(const node_config& config);

settings_link_options to_settings_link_options(const node_config& config);
report_link_options to_report_link_options(const node_config& config);
grpc_server_options to_grpc_options(const node_config& config, uint32_t cpus);
/// Without identity, client address and the peers known from the last run.
detector_options to_detector_options(const node_config& config);
peer_server_options to_peer_server_options(const node_config& config);
peer_link_options to_peer_link_options(const node_config& config);
entry_link_options to_entry_link_options(const node_config& config);
job_link_options to_job_link_options(const node_config& config);
model_relay_options to_model_relay_options(const node_config& config);
/// own_address: where this node passes the model on.
model_link_options to_model_link_options(const node_config& config, std::string own_address);
/// Where others ask this node: the host that they reach its detector at, unless the listener has one of its own.
/// port: that is bound.
std::string data_address(const node_config& config, uint16_t port);
rank_carrier_options to_rank_carrier_options(const node_config& config);
http_options to_http_options(const node_config& config);
log_options to_log_options(const node_config& config);

} // namespace weft
