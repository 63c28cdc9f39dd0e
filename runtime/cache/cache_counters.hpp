#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weft {

/// l1: decoded in memory. l2: packed in memory. l3: the store.
enum class cache_level : uint8_t { l1, l2, l3 };
inline constexpr size_t cache_level_count = 3;

/// Of one level. Lookups that an upper level answered are not counted below it.
struct level_counters {
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t evictions = 0; ///< left for others, downwards or for good (not counted by l3: see entry_store_counters)
  uint64_t expired = 0;   ///< found too old, or swept
  // What is there now; l3's are the store's to tell.
  uint64_t entries = 0;
  uint64_t bytes = 0;
  uint64_t bytes_max = 0;

  level_counters& operator+=(const level_counters& other) {
    hits += other.hits;
    misses += other.misses;
    evictions += other.evictions;
    expired += other.expired;
    entries += other.entries;
    bytes += other.bytes;
    bytes_max += other.bytes_max;
    return *this;
  }
};

struct cache_counters {
  std::array<level_counters, cache_level_count> levels{};
  uint64_t puts = 0;
  uint64_t collisions = 0;       ///< another identity had the key: a miss
  uint64_t damaged = 0;          ///< packed entries that could not be read: a miss
  uint64_t outdated = 0;         ///< lookups and puts of a generation that was cleared
  uint64_t writes = 0;           ///< entries handed to the store
  uint64_t writes_dropped = 0;   ///< entries that found the write queue full
  uint64_t store_failures = 0;   ///< lookups that the store did not answer: misses
  uint64_t preloaded = 0;        ///< fetched ahead
  uint64_t preloaded_used = 0;   ///< of these: asked for before they left
  uint64_t preloaded_unused = 0; ///< of these: left without having been asked for

  level_counters& operator[](cache_level level) { return levels[static_cast<size_t>(level)]; }
  const level_counters& operator[](cache_level level) const { return levels[static_cast<size_t>(level)]; }

  cache_counters& operator+=(const cache_counters& other) {
    for (size_t i = 0; i < levels.size(); ++i)
      levels[i] += other.levels[i];
    puts += other.puts;
    collisions += other.collisions;
    damaged += other.damaged;
    outdated += other.outdated;
    writes += other.writes;
    writes_dropped += other.writes_dropped;
    store_failures += other.store_failures;
    preloaded += other.preloaded;
    preloaded_used += other.preloaded_used;
    preloaded_unused += other.preloaded_unused;
    return *this;
  }
};

} // namespace weft
