#pragma once

#include "runtime/cache/policy_kind.hpp"
#include "runtime/job/numeric_class.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace weft {

enum class log_level : uint8_t { debug, info, warn, error };
enum class log_format : uint8_t { text, json };
/// When the weights are read: at start, or by the first call that needs them.
enum class load_policy : uint8_t { kept, lazy };
/// Who is served a cached result: the tenant that had it computed, or everybody.
enum class cache_scope : uint8_t { tenant, shared };
/// When a result is written to the cache on disk: at once, or when memory has no room for it any more.
enum class store_moment : uint8_t { computed, evicted };

/// Entries of cluster.seeds: the failure detector keeps them all.
inline constexpr uint32_t seeds_max = 256;

/// The configuration of one node, section by section as in the file. Plain values: the member initializers are the
/// defaults, schema.cpp has the ranges and the meaning of each key, load.cpp fills it in.
struct node_config {
  struct node_section {
    std::string name = "n1";
    std::string data_dir; ///< "": /var/lib/weft/NAME for root, else ${XDG_STATE_HOME:-$HOME/.local/state}/weft/NAME
    std::string listen = "127.0.0.1:7700";
    std::string advertise; ///< "": listen
    bool reflection = true;
    std::string peer = "127.0.0.1:7701";
    std::string peer_advertise; ///< "": peer
    std::string peer_data;      ///< "": the host of peer, any free port
    std::string http = "127.0.0.1:7780";
    uint32_t drain_seconds_max = 30;
    uint32_t scheduler_threads = 1;
    uint32_t http_connections_max = 128;
  } node;

  struct cluster_section {
    std::string id = "local";
    std::vector<std::string> seeds;
    std::string region = "local";
    std::string zone = "a";
    uint32_t weight = 100;
    bool single_node = false;
  } cluster;

  struct model_section {
    std::string name = "all-MiniLM-L6-v2";
    std::string dir; ///< "": ${XDG_CACHE_HOME:-$HOME/.cache}/weft/models/NAME
    weft::precision precision = weft::precision::automatic;
    load_policy load = load_policy::kept;
    bool fetch = true; ///< where there are other nodes
  } model;

  struct devices_section {
    std::string module = "auto";
    uint64_t memory_bytes_max = 0; ///< 0: half of what is free
  } devices;

  struct pool_section {
    uint32_t workers_min = 1;
    uint32_t workers_max = 0; ///< 0: one a CPU
    uint32_t tokenizers = 0;  ///< 0: one a CPU
    uint32_t batch_tokens_max = 16'384;
    uint32_t batch_items_max = 4'096;
    bool batching = true;
    bool pooling = true;
    bool pin_threads = false;
    uint64_t queue_items_max = 65'536;
    uint64_t queue_tokens_max = 16'777'216;
  } pool;

  struct cache_section {
    bool enabled = true;
    cache_scope scope = cache_scope::tenant;
    uint32_t shards = 1;
    uint64_t near_bytes_max = 33'554'432;
    bool store = true;
    uint64_t store_bytes_max = 4'294'967'296;
    store_moment store_when = store_moment::computed;
    bool replicas = true;
    bool preload = true;
    uint64_t preload_bytes_max = 67'108'864;
    uint64_t preload_bytes_per_second = 33'554'432;
    policy_kind embed_policy = policy_kind::tiny_lfu;
    uint64_t embed_memory_bytes_max = 134'217'728;
    uint64_t embed_packed_bytes_max = 134'217'728;
    uint64_t embed_lifetime_seconds = 0; ///< 0: for ever
    bool embed_packed_fp16 = false;
    uint64_t compress_bytes_max = 67'108'864;
    uint64_t document_bytes_max = 67'108'864;
  } cache;

  struct compress_section {
    uint32_t texts_max = 4;
    uint32_t sentences_max = 131'072;
    uint32_t trial_every = 64; ///< 0: no trials
  } compress;

  struct jobs_section {
    bool enabled = true;
    uint32_t copies = 3;
    uint32_t synced = 2;
    uint64_t bytes_max = 68'719'476'736;
    uint64_t items_max = 10'000'000;
    uint32_t jobs_max = 10'000;
    uint32_t submissions_max = 256;
    uint32_t runs_max = 0; ///< 0: two a worker
    uint32_t retention_hours = 24;
    uint32_t retention_hours_max = 720;
    uint32_t expires_hours = 168;
    std::string backup_dir;               ///< "": no backups are made
    uint64_t corpus_memory_bytes_max = 0; ///< 0: an eighth of the machine's, at least 64 MiB
    uint32_t corpora_max = 4;
  } jobs;

  struct scaling_section {
    uint32_t utilization_target_percent = 70;
    uint32_t wait_target_ms = 200;
    uint32_t grow_after_ms = 500;
    uint32_t grow_pause_ms = 2'000;
    uint32_t shrink_after_ms = 30'000;
    uint32_t shrink_pause_ms = 10'000;
  } scaling;

  struct limits_section {
    uint32_t calls_max = 8'192;
    uint64_t bytes_max = 268'435'456;
    uint32_t items_max = 1'024;
    uint64_t text_bytes_max = 16'777'216;
    uint64_t call_bytes_max = 31'457'280;
    uint32_t message_bytes_max = 33'554'432;
    uint32_t calls_per_connection_max = 16'384;
    uint32_t streams_max = 1'024;
    uint32_t stream_items_max = 1'024;
    uint64_t stream_bytes_max = 8'388'608;
    uint64_t grpc_bytes_max = 1'073'741'824;
  } limits;

  struct tls_section {
    std::string cert;
    std::string key;
    std::string client_ca;
    std::string peer_ca;
    bool allow_plaintext = false;
  } tls;

  struct auth_section {
    std::vector<std::string> api_keys;
  } auth;

  struct log_section {
    log_level level = log_level::info;
    log_format format = log_format::text;
    std::string file;
  } log;

  struct modes_section {
    bool plain = false;
  } modes;
};

} // namespace weft
