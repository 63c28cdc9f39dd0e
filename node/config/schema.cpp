#include "node/config/schema.hpp"

#include "runtime/base/edit_distance.hpp"

#include <algorithm>
#include <array>
#include <concepts>

namespace weft {
namespace {

// Spelling of the enumerations, in the order of their values; also what `choices` of their keys says.
template <class T> constexpr std::string_view spelling = "";
template <> constexpr std::string_view spelling<precision> = "auto|fp32|bf16|int16|fp16";
template <> constexpr std::string_view spelling<load_policy> = "kept|lazy";
template <> constexpr std::string_view spelling<cache_scope> = "tenant|shared";
template <> constexpr std::string_view spelling<store_moment> = "computed|evicted";
template <> constexpr std::string_view spelling<policy_kind> = "lru|lfu|ttl|w-tinylfu|gdsf"; // as to_string() has them
template <> constexpr std::string_view spelling<log_level> = "debug|info|warn|error";
template <> constexpr std::string_view spelling<log_format> = "text|json";

std::string_view nth_choice(std::string_view choices, size_t n) {
  for (; n > 0; --n)
    choices.remove_prefix(choices.find('|') + 1);
  return choices.substr(0, choices.find('|'));
}

size_t choice_index(std::string_view choices, std::string_view word) {
  const auto count = static_cast<size_t>(std::ranges::count(choices, '|')) + 1;
  size_t n = 0;
  while (n < count && nth_choice(choices, n) != word)
    ++n;
  return n; // count: it is none of them
}

template <class T> config_value to_value(const T& field) {
  if constexpr (std::is_enum_v<T>)
    return std::string{nth_choice(spelling<T>, static_cast<size_t>(field))};
  else if constexpr (std::unsigned_integral<T> && !std::same_as<T, bool>)
    return static_cast<int64_t>(field);
  else
    return field;
}

template <class T> void from_value(T& field, const config_value& value) {
  if constexpr (std::is_enum_v<T>)
    field = static_cast<T>(choice_index(spelling<T>, std::get<std::string>(value)));
  else if constexpr (std::unsigned_integral<T> && !std::same_as<T, bool>)
    field = static_cast<T>(std::get<int64_t>(value));
  else
    field = std::get<T>(value);
}

template <auto Section, auto Field> config_value get(const node_config& c) {
  return to_value(c.*Section.*Field);
}
template <auto Section, auto Field> void set(node_config& c, const config_value& value) {
  from_value(c.*Section.*Field, value);
}

constexpr bool restart = true;
constexpr bool live = false;
constexpr int64_t u32_max = 4'294'967'295;

using c = node_config;
using kind = config_kind;

// The two accessors of a key.
#define WEFT_FIELD(section, field)                                                                                     \
  get<&c::section, &c::section##_section::field>, set<&c::section, &c::section##_section::field>

constexpr std::array keys{
    config_key{"node", "name", kind::text, restart,
               "Name of this node: in logs, replies and paths; unique in the cluster.", WEFT_FIELD(node, name), "", 1,
               64},
    config_key{"node", "data_dir", kind::text, restart,
               "Folder for what the node keeps; one process a folder. Empty: /var/lib/weft/NAME for root, else "
               "${XDG_STATE_HOME:-$HOME/.local/state}/weft/NAME.",
               WEFT_FIELD(node, data_dir), "", 0, 4'096},
    config_key{"node", "listen", kind::address, restart, "Where clients connect (gRPC).", WEFT_FIELD(node, listen)},
    config_key{"node", "advertise", kind::optional_address, restart,
               "Where clients reach this node, as it tells them. Empty: node.listen.", WEFT_FIELD(node, advertise)},
    config_key{"node", "reflection", kind::boolean, restart, "Clients such as grpcurl may ask for the API's schema.",
               WEFT_FIELD(node, reflection)},
    config_key{"node", "peer", kind::address, restart,
               "Where other nodes' failure detectors connect: the address that seeds name.", WEFT_FIELD(node, peer)},
    config_key{"node", "peer_advertise", kind::optional_address, restart,
               "Where other nodes reach node.peer, as it tells them. Empty: node.peer.",
               WEFT_FIELD(node, peer_advertise)},
    config_key{"node", "peer_data", kind::optional_address, restart,
               "Where other nodes ask for results. Empty: the host of node.peer with any free port.",
               WEFT_FIELD(node, peer_data)},
    config_key{"node", "http", kind::address, restart, "Where /metrics, /healthz and /readyz are served.",
               WEFT_FIELD(node, http)},
    config_key{"node", "drain_seconds_max", kind::integer, live,
               "How long SIGTERM waits for calls in flight before it gives up on them.",
               WEFT_FIELD(node, drain_seconds_max), "", 0, 3'600},
    config_key{"node", "scheduler_threads", kind::integer, restart,
               "Threads that the actors share; they pass messages and tokenize; engines have their own.",
               WEFT_FIELD(node, scheduler_threads), "", 1, 256},
    config_key{"node", "http_connections_max", kind::integer, restart,
               "HTTP connections at once; further ones are answered 503.", WEFT_FIELD(node, http_connections_max), "",
               1, 10'000},
    config_key{"cluster", "id", kind::text, restart, "Nodes of different ids never join.", WEFT_FIELD(cluster, id), "",
               1, 64},
    config_key{"cluster", "seeds", kind::addresses, restart,
               "Peer addresses of nodes to join through; its own may be among them.", WEFT_FIELD(cluster, seeds), "", 0,
               seeds_max},
    config_key{"cluster", "region", kind::text, restart, "Set of nodes that are close to each other.",
               WEFT_FIELD(cluster, region), "", 1, 64},
    config_key{"cluster", "zone", kind::text, restart, "Part of a region that fails as one.", WEFT_FIELD(cluster, zone),
               "", 1, 64},
    config_key{"cluster", "weight", kind::integer, restart,
               "Its share of keys and work, relative to the other nodes' weights; 0 takes none.",
               WEFT_FIELD(cluster, weight), "", 0, 100'000},
    config_key{"cluster", "single_node", kind::boolean, restart,
               "Says that this cluster is meant to be one node: durable work may then have one copy only.",
               WEFT_FIELD(cluster, single_node)},
    config_key{"model", "name", kind::text, restart, "Name of the model, also of its folder.", WEFT_FIELD(model, name),
               "", 1, 128},
    config_key{"model", "dir", kind::text, restart,
               "Folder with model.safetensors, config.json and vocab.txt. Empty: "
               "${XDG_CACHE_HOME:-$HOME/.cache}/weft/models/NAME.",
               WEFT_FIELD(model, dir), "", 0, 4'096},
    config_key{
        "model", "precision", kind::choice, restart,
        "Numeric class, one for all that computes; auto is fp16 on devices, and on a CPU the fastest that it runs "
        "with cosine >= 0.9995 to fp32.",
        WEFT_FIELD(model, precision), spelling<weft::precision>},
    config_key{"model", "load", kind::choice, restart, "kept reads the weights at start, lazy with the first call.",
               WEFT_FIELD(model, load), spelling<load_policy>},
    config_key{
        "model", "fetch", kind::boolean, restart,
        "A node without the model's files gets them from another node before it starts. Only where cluster.seeds "
        "or the last run name one.",
        WEFT_FIELD(model, fetch)},
    config_key{
        "devices", "module", kind::text, restart,
        "weft_cuda.so, which computes on CUDA devices. auto looks for it beside weftd where there is a driver; off "
        "uses none.",
        WEFT_FIELD(devices, module), "", 1, 4'096},
    config_key{"devices", "memory_bytes_max", kind::integer, restart,
               "Memory that this node takes of each device. 0: half of what is free at the start.",
               WEFT_FIELD(devices, memory_bytes_max), "", 0, 1'099'511'627'776},
    config_key{"pool", "workers_min", kind::integer, live, "Engines that are always there.",
               WEFT_FIELD(pool, workers_min), "", 1, 256},
    config_key{"pool", "workers_max", kind::integer, live, "Engines at most, one thread each; 0 is one a CPU.",
               WEFT_FIELD(pool, workers_max), "", 0, 256},
    config_key{"pool", "tokenizers", kind::integer, restart, "Actors that tokenize; 0 is one a CPU.",
               WEFT_FIELD(pool, tokenizers), "", 0, 256},
    config_key{"pool", "batch_tokens_max", kind::integer, live,
               "Tokens in one batch at most, whatever clients send: more is throughput, less is latency.",
               WEFT_FIELD(pool, batch_tokens_max), "", 512, 1'048'576},
    config_key{"pool", "batch_items_max", kind::integer, live, "Texts in one batch at most.",
               WEFT_FIELD(pool, batch_items_max), "", 1, 65'536},
    config_key{"pool", "batching", kind::boolean, live, "false computes one text at a time.",
               WEFT_FIELD(pool, batching)},
    config_key{"pool", "pooling", kind::boolean, live, "false keeps one engine, whatever the load.",
               WEFT_FIELD(pool, pooling)},
    config_key{"pool", "pin_threads", kind::boolean, restart,
               "Binds each engine's thread to a CPU: steadier on a machine of its own, slower on a shared one.",
               WEFT_FIELD(pool, pin_threads)},
    config_key{"pool", "queue_items_max", kind::integer, live, "Texts that may wait for an engine; then OVERLOADED.",
               WEFT_FIELD(pool, queue_items_max), "", 1, 100'000'000},
    config_key{"pool", "queue_tokens_max", kind::integer, live, "Tokens that may wait for an engine; then OVERLOADED.",
               WEFT_FIELD(pool, queue_tokens_max), "", 512, 10'000'000'000},
    config_key{"cache", "enabled", kind::boolean, restart,
               "false computes every text where it arrives, as often as it arrives.", WEFT_FIELD(cache, enabled)},
    config_key{"cache", "scope", kind::choice, restart,
               "tenant serves a result to the tenant that had it computed; shared serves it to all, who may then tell "
               "by the time that somebody else had the text.",
               WEFT_FIELD(cache, scope), spelling<cache_scope>},
    config_key{"cache", "shards", kind::integer, restart,
               "Actors that keep the keys of this node; more help where many cores answer hits. The budgets are shared "
               "out among them.",
               WEFT_FIELD(cache, shards), "", 1, 64},
    config_key{"cache", "near_bytes_max", kind::integer, restart,
               "Memory for results that other nodes own, so that hot ones are answered here.",
               WEFT_FIELD(cache, near_bytes_max), "", 0, 1'099'511'627'776},
    config_key{"cache", "store", kind::boolean, restart,
               "Results are kept on disk, too (RocksDB under node.data_dir), and survive a restart.",
               WEFT_FIELD(cache, store)},
    config_key{"cache", "store_bytes_max", kind::integer, restart,
               "Results on disk; the oldest go first. Files take up to a quarter more for a while.",
               WEFT_FIELD(cache, store_bytes_max), "", 1'048'576, 1'125'899'906'842'624},
    config_key{"cache", "store_when", kind::choice, restart,
               "computed writes a result at once, so that kill -9 loses none; evicted only when memory has no room for "
               "it: fewer writes, and a restart forgets what was hot.",
               WEFT_FIELD(cache, store_when), spelling<store_moment>},
    config_key{"cache", "replicas", kind::boolean, restart,
               "What is written to disk is also sent to the node that owns the key next, in the background: results "
               "survive the loss of a node or of its disk.",
               WEFT_FIELD(cache, replicas)},
    config_key{"cache", "preload", kind::boolean, restart,
               "What was asked for most is fetched into memory ahead: from disk after a restart, from the other owners "
               "after joining; a node that drains gives it to the next owners.",
               WEFT_FIELD(cache, preload)},
    config_key{"cache", "preload_bytes_max", kind::integer, restart, "What one such round may fetch.",
               WEFT_FIELD(cache, preload_bytes_max), "", 0, 1'099'511'627'776},
    config_key{"cache", "preload_bytes_per_second", kind::integer, restart,
               "How fast: calls use disk and network at the same time.", WEFT_FIELD(cache, preload_bytes_per_second),
               "", 1'024, 1'099'511'627'776},
    config_key{"cache", "embed_policy", kind::choice, restart,
               "Who leaves a full memory first. w-tinylfu keeps what is asked for often and stands scans; gdsf counts "
               "what computing again would cost.",
               WEFT_FIELD(cache, embed_policy), spelling<policy_kind>},
    config_key{"cache", "embed_memory_bytes_max", kind::integer, restart,
               "Memory for vectors as they are sent: about 1.8 kB each with a short text. 0: none.",
               WEFT_FIELD(cache, embed_memory_bytes_max), "", 0, 1'099'511'627'776},
    config_key{"cache", "embed_packed_bytes_max", kind::integer, restart,
               "Memory for vectors and texts compressed; takes what leaves the level above. 0: none.",
               WEFT_FIELD(cache, embed_packed_bytes_max), "", 0, 1'099'511'627'776},
    config_key{"cache", "embed_lifetime_seconds", kind::integer, restart,
               "Results are forgotten after this long; 0: never, since an identity always means the same result.",
               WEFT_FIELD(cache, embed_lifetime_seconds), "", 0, 315'360'000},
    config_key{
        "cache", "embed_packed_fp16", kind::boolean, restart,
        "Halves the size of compressed vectors; hits from there differ from what was computed by up to 5e-4 of a "
        "value.",
        WEFT_FIELD(cache, embed_packed_fp16)},
    config_key{"cache", "compress_bytes_max", kind::integer, restart,
               "Memory for compressed texts with their sources, half decoded, half packed; on disk as others.",
               WEFT_FIELD(cache, compress_bytes_max), "", 0, 1'099'511'627'776},
    config_key{"cache", "document_bytes_max", kind::integer, restart,
               "Memory for the chunks of documents that have a handle, packed; on disk as others.",
               WEFT_FIELD(cache, document_bytes_max), "", 0, 1'099'511'627'776},
    config_key{"compress", "texts_max", kind::integer, restart, "Texts that are compressed at the same time.",
               WEFT_FIELD(compress, texts_max), "", 1, 1'024},
    config_key{"compress", "sentences_max", kind::integer, restart,
               "Sentences of these whose vectors are in memory at once; one text may pass it alone.",
               WEFT_FIELD(compress, sentences_max), "", 1'024, 16'777'216},
    config_key{"compress", "trial_every", kind::integer, restart,
               "One of so many texts that strategy auto compressed is tried with the others, to learn; 0 tries none.",
               WEFT_FIELD(compress, trial_every), "", 0, 1'000'000},
    config_key{"jobs", "enabled", kind::boolean, restart,
               "false keeps no jobs on this node, neither its own nor copies of others'.", WEFT_FIELD(jobs, enabled)},
    config_key{"jobs", "copies", kind::integer, restart,
               "Nodes that keep each record of a job, where there are so many.", WEFT_FIELD(jobs, copies), "", 1, 4},
    config_key{"jobs", "synced", kind::integer, restart,
               "Of these, how many have it on disk, synced, before items are acknowledged; a job may ask for another "
               "number. 1 needs cluster.single_node.",
               WEFT_FIELD(jobs, synced), "", 1, 4},
    config_key{"jobs", "bytes_max", kind::integer, restart,
               "Records of jobs on this node's disk; then STORAGE_FULL, and nothing more is acknowledged here.",
               WEFT_FIELD(jobs, bytes_max), "", 1'048'576, 1'125'899'906'842'624},
    config_key{"jobs", "items_max", kind::integer, restart, "Items of one job; then INVALID_ARGUMENT.",
               WEFT_FIELD(jobs, items_max), "", 1, 1'000'000'000},
    config_key{"jobs", "jobs_max", kind::integer, restart, "Jobs that the cluster keeps at once; then OVERLOADED.",
               WEFT_FIELD(jobs, jobs_max), "", 1, 1'000'000},
    config_key{"jobs", "submissions_max", kind::integer, restart,
               "Jobs that are submitted through this node at once; then OVERLOADED.", WEFT_FIELD(jobs, submissions_max),
               "", 1, 10'000},
    config_key{"jobs", "runs_max", kind::integer, restart, "Segments that this node runs at once; 0 is two a worker.",
               WEFT_FIELD(jobs, runs_max), "", 0, 1'024},
    config_key{"jobs", "retention_hours", kind::integer, restart,
               "How long results are kept after the end of a job that says nothing else.",
               WEFT_FIELD(jobs, retention_hours), "", 1, 87'600},
    config_key{"jobs", "retention_hours_max", kind::integer, restart, "What a job may ask for.",
               WEFT_FIELD(jobs, retention_hours_max), "", 1, 87'600},
    config_key{"jobs", "expires_hours", kind::integer, restart,
               "A job that is not done after this long, and says nothing else, ends expired.",
               WEFT_FIELD(jobs, expires_hours), "", 1, 87'600},
    config_key{"jobs", "backup_dir", kind::text, restart,
               "Where weft backup create puts copies of this node's jobs. Empty: it is refused.",
               WEFT_FIELD(jobs, backup_dir), "", 0, 4'096},
    config_key{"jobs", "corpus_memory_bytes_max", kind::integer, restart,
               "Memory for the vectors of corpus jobs and of searches over them; 0 is an eighth of this machine's.",
               WEFT_FIELD(jobs, corpus_memory_bytes_max), "", 0, 1'125'899'906'842'624},
    config_key{"jobs", "corpora_max", kind::integer, restart, "Corpus jobs that this node has a rank in at once.",
               WEFT_FIELD(jobs, corpora_max), "", 1, 256},
    config_key{"scaling", "utilization_target_percent", kind::integer, restart,
               "Busy share of a pool's workers above which it grows; it shrinks below four fifths of that.",
               WEFT_FIELD(scaling, utilization_target_percent), "", 10, 95},
    config_key{"scaling", "wait_target_ms", kind::integer, restart,
               "A pool also grows while its queue takes longer than this to compute.",
               WEFT_FIELD(scaling, wait_target_ms), "", 1, 600'000},
    config_key{"scaling", "grow_after_ms", kind::integer, restart, "How long there must be too few workers.",
               WEFT_FIELD(scaling, grow_after_ms), "", 0, 600'000},
    config_key{"scaling", "grow_pause_ms", kind::integer, restart, "Between two steps up, each at most a doubling.",
               WEFT_FIELD(scaling, grow_pause_ms), "", 0, 600'000},
    config_key{"scaling", "shrink_after_ms", kind::integer, restart, "How long there must be one worker too many.",
               WEFT_FIELD(scaling, shrink_after_ms), "", 0, 86'400'000},
    config_key{"scaling", "shrink_pause_ms", kind::integer, restart,
               "Between two workers that go, and after a step up.", WEFT_FIELD(scaling, shrink_pause_ms), "", 0,
               86'400'000},
    config_key{"limits", "calls_max", kind::integer, live, "Calls in flight; then OVERLOADED.",
               WEFT_FIELD(limits, calls_max), "", 1, 10'000'000},
    config_key{"limits", "bytes_max", kind::integer, live,
               "Bytes of text in flight, all calls together; then OVERLOADED.", WEFT_FIELD(limits, bytes_max), "",
               1'024, 1'099'511'627'776},
    config_key{"limits", "items_max", kind::integer, live, "Texts in one unary call; then TOO_MANY_ITEMS.",
               WEFT_FIELD(limits, items_max), "", 1, 1'000'000},
    config_key{"limits", "text_bytes_max", kind::integer, live, "Bytes of one text; then TEXT_TOO_LARGE.",
               WEFT_FIELD(limits, text_bytes_max), "", 1, u32_max},
    config_key{"limits", "call_bytes_max", kind::integer, live, "Bytes of all texts of one call; then CALL_TOO_LARGE.",
               WEFT_FIELD(limits, call_bytes_max), "", 1, u32_max},
    config_key{"limits", "message_bytes_max", kind::integer, restart,
               "Bytes of one gRPC message that is received; larger ones end with RESOURCE_EXHAUSTED unread.",
               WEFT_FIELD(limits, message_bytes_max), "", 65'536, 2'147'483'647},
    config_key{"limits", "calls_per_connection_max", kind::integer, restart,
               "RPCs at once on one connection; further ones wait at the client.",
               WEFT_FIELD(limits, calls_per_connection_max), "", 1, 1'000'000},
    config_key{"limits", "streams_max", kind::integer, restart, "Embed streams that are open; then OVERLOADED.",
               WEFT_FIELD(limits, streams_max), "", 1, 1'000'000},
    config_key{"limits", "stream_items_max", kind::integer, restart,
               "Texts of one stream that wait for their answer; the stream is read on only below that.",
               WEFT_FIELD(limits, stream_items_max), "", 1, 1'000'000},
    config_key{"limits", "stream_bytes_max", kind::integer, restart,
               "Bytes of the texts of one stream that wait for their answer.", WEFT_FIELD(limits, stream_bytes_max), "",
               1'024, u32_max},
    config_key{"limits", "grpc_bytes_max", kind::integer, restart,
               "Memory of gRPC's own buffers, all connections together; beyond it RESOURCE_EXHAUSTED.",
               WEFT_FIELD(limits, grpc_bytes_max), "", 1'048'576, 1'099'511'627'776},
    config_key{"tls", "cert", kind::text, restart, "PEM file with the certificate chain of the client listener.",
               WEFT_FIELD(tls, cert), "", 0, 4'096},
    config_key{"tls", "key", kind::text, restart, "PEM file with its private key.", WEFT_FIELD(tls, key), "", 0, 4'096},
    config_key{"tls", "client_ca", kind::text, restart,
               "PEM file with the authorities that sign clients' certificates; set, clients must show one (mTLS).",
               WEFT_FIELD(tls, client_ca), "", 0, 4'096},
    config_key{"tls", "peer_ca", kind::text, restart,
               "PEM file with the authorities that sign nodes' certificates; unset, those of client_ca.",
               WEFT_FIELD(tls, peer_ca), "", 0, 4'096},
    config_key{"tls", "allow_plaintext", kind::boolean, restart,
               "Allows plaintext on addresses other than loopback: only inside a network that encrypts.",
               WEFT_FIELD(tls, allow_plaintext)},
    config_key{"auth", "api_keys", kind::texts, live,
               "Hashed API keys as `weftd make-api-key` prints them; none: everybody may call.",
               WEFT_FIELD(auth, api_keys), "", 0, 10'000},
    config_key{"log", "level", kind::choice, live, "Least level that is logged.", WEFT_FIELD(log, level),
               spelling<log_level>},
    config_key{"log", "format", kind::choice, live, "text for people, json (one object a line) for programs.",
               WEFT_FIELD(log, format), spelling<log_format>},
    config_key{"log", "file", kind::text, restart, "File to append to. Empty: standard error.", WEFT_FIELD(log, file),
               "", 0, 4'096},
    config_key{"modes", "plain", kind::boolean, live,
               "Switches batching and pooling off (one worker, one text a batch), to measure what they bring.",
               WEFT_FIELD(modes, plain)},
};
#undef WEFT_FIELD

} // namespace

std::span<const config_key> config_keys() noexcept {
  return keys;
}

std::string full_name(const config_key& key) {
  return std::string{key.section} + '.' + std::string{key.name};
}

std::string environment_name(const config_key& key) {
  std::string name = "WEFT_" + std::string{key.section} + '_' + std::string{key.name};
  std::ranges::transform(name, name.begin(), [](char ch) { return ch >= 'a' && ch <= 'z' ? char(ch - 32) : ch; });
  return name;
}

const config_key* find_key(std::string_view name) noexcept {
  const auto dot = name.find('.');
  if (dot == std::string_view::npos)
    return nullptr;
  const auto at = std::ranges::find_if(keys, [&](const config_key& key) {
    return key.section == name.substr(0, dot) && key.name == name.substr(dot + 1);
  });
  return at == keys.end() ? nullptr : &*at;
}

std::string nearest_key(std::string_view name) {
  std::string best;
  // More than a third of the letters wrong is another word.
  size_t best_distance = name.size() / 3 + 1;
  const auto consider = [&](std::string candidate, size_t distance) {
    if (distance < best_distance) {
      best_distance = distance;
      best = std::move(candidate);
    }
  };
  for (const auto& key : keys) {
    consider(full_name(key), edit_distance(name, full_name(key)));
    // The right word in the wrong section, or in none, is as near as one typing error.
    consider(full_name(key), edit_distance(name.substr(name.find('.') + 1), key.name) + 1);
  }
  return best;
}

std::string nearest_section(std::string_view name) {
  const auto section = name.substr(0, name.find('.'));
  std::string best;
  size_t best_distance = section.size() / 3 + 1;
  for (const auto& key : keys)
    if (const size_t distance = edit_distance(section, key.section); distance < best_distance) {
      best_distance = distance;
      best = key.section;
    }
  return best;
}

} // namespace weft
