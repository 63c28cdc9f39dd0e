#pragma once

#include "runtime/base/time.hpp"
#include "runtime/ports/cluster_view.hpp"
#include "runtime/ports/model.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace weft {

enum class node_state : uint8_t { starting, serving, draining, unhealthy };
constexpr std::string_view to_string(node_state s) noexcept {
  switch (s) {
  case node_state::starting:
    return "starting";
  case node_state::serving:
    return "serving";
  case node_state::draining:
    return "draining";
  case node_state::unhealthy:
    return "unhealthy";
  }
  return "?";
}

enum class model_state : uint8_t { unloaded, loading, ready, failed };
constexpr std::string_view to_string(model_state s) noexcept {
  switch (s) {
  case model_state::unloaded:
    return "unloaded";
  case model_state::loading:
    return "loading";
  case model_state::ready:
    return "ready";
  case model_state::failed:
    return "failed";
  }
  return "?";
}

struct model_status {
  model_info info;
  model_state state = model_state::unloaded;
  std::string problem; ///< why it failed, else ""
};

/// An engine of a pool, and how fast it was lately.
struct engine_status {
  engine_info info;
  double tokens_per_second = 0; ///< while it computed; 0: it has computed nothing yet
  double batch_seconds = 0;     ///< what a batch takes beside its tokens
};

struct pool_status {
  std::string name;
  std::string model;
  uint32_t workers = 0;
  uint32_t workers_min = 0;
  uint32_t workers_max = 0;
  uint32_t workers_wanted = 0; ///< what it was told to have
  uint32_t workers_busy = 0;
  uint64_t queued_items = 0;
  uint64_t queued_tokens = 0;
  uint64_t items_done = 0; ///< since the pool started
  uint64_t tokens_done = 0;
  duration busy{}; ///< of all workers since the pool started, with what they compute now
  time_point taken{};
  double utilization = 0; ///< busy share of all workers between two looks, 0..1; the looker fills it in
  std::vector<engine_status> engines{};
};

struct cache_level_status {
  uint64_t hits = 0; ///< since the start
  uint64_t misses = 0;
  uint64_t evictions = 0;
  uint64_t entries = 0;
  uint64_t bytes = 0;
  uint64_t bytes_max = 0;

  cache_level_status& operator+=(const cache_level_status& other) noexcept {
    hits += other.hits;
    misses += other.misses;
    evictions += other.evictions;
    entries += other.entries;
    bytes += other.bytes;
    bytes_max += other.bytes_max;
    return *this;
  }
};

/// What is done for a node's cache in the background, in entries since the start.
struct cache_care {
  uint64_t preloaded = 0;        ///< fetched ahead
  uint64_t preloaded_used = 0;   ///< of these: asked for before they left memory
  uint64_t preloaded_unused = 0; ///< of these: left memory without having been asked for
  uint64_t replicas_sent = 0;    ///< second copies that other nodes have taken
  uint64_t replicas_dropped = 0; ///< second copies that found no room, no node, or failed
  uint64_t replicas_waiting = 0; ///< now, with those on their way
  uint64_t replicas_kept = 0;    ///< taken from other nodes
  uint64_t repairs_asked = 0;    ///< misses that the key's other owner was asked for
  uint64_t repairs_found = 0;    ///< of these: it had them
  uint64_t handed_over = 0;      ///< given to the next owners when the node drained

  cache_care& operator+=(const cache_care& other) noexcept {
    preloaded += other.preloaded;
    preloaded_used += other.preloaded_used;
    preloaded_unused += other.preloaded_unused;
    replicas_sent += other.replicas_sent;
    replicas_dropped += other.replicas_dropped;
    replicas_waiting += other.replicas_waiting;
    replicas_kept += other.replicas_kept;
    repairs_asked += other.repairs_asked;
    repairs_found += other.repairs_found;
    handed_over += other.handed_over;
    return *this;
  }
};

/// The caches of a node, all shards together.
struct cache_status {
  cache_level_status memory; ///< decoded
  cache_level_status packed; ///< compressed, in memory
  cache_level_status store;  ///< on disk
  uint64_t computed = 0;     ///< texts that no level knew
  uint64_t shared = 0;       ///< texts that waited for another call's computation
  uint64_t generation = 0;
  bool store_accepts_writes = true;
  cache_care care;

  cache_status& operator+=(const cache_status& other) noexcept {
    memory += other.memory;
    packed += other.packed;
    store += other.store;
    computed += other.computed;
    shared += other.shared;
    generation = std::max(generation, other.generation);
    store_accepts_writes = store_accepts_writes && other.store_accepts_writes;
    care += other.care;
    return *this;
  }
};

/// What a node says of itself, made anew about twice a second by the monitor.
struct node_snapshot {
  std::string name;
  std::string version;
  node_state state = node_state::starting;
  std::string reason; ///< why it is not serving, else ""
  time_point started{};
  time_point taken{};
  uint64_t calls_in_flight = 0;
  uint64_t calls_done = 0;
  uint64_t calls_refused = 0;
  uint32_t restarts = 0; ///< of actors, since start
  std::vector<model_status> models;
  std::vector<pool_status> pools;
  cache_status cache;
  cluster_view_ptr cluster; ///< null before the node knows of any member, itself among them
};

/// Read access to the latest snapshot. Thread-safe, never blocks; never null.
class node_view {
public:
  virtual ~node_view() = default;
  virtual std::shared_ptr<const node_snapshot> snapshot() const = 0;
};

} // namespace weft
