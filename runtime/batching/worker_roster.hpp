#pragma once

#include "runtime/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

namespace weft {

/// The workers of a pool by number, and what each is busy with. Numbers are reused, the lowest free one first, so
/// device names stay the same over restarts. A worker is starting until its engine is there, then ready, and retiring
/// once it was told to stop. Owned by WORKER_POOL; not thread-safe.
class worker_roster {
public:
  /// `depth`: batches that one worker may have at once. With two, the next one waits at the engine while the pool
  /// takes in the last answer; the price is that it can no longer be overtaken by a call of higher priority.
  explicit worker_roster(uint32_t depth) : depth_(depth) {}
  void set_depth(uint32_t depth) noexcept { depth_ = depth; }

  uint32_t add();
  void ready(uint32_t worker, time_point now);
  void assign(uint32_t worker, uint64_t batch, time_point now);
  void done(uint32_t worker, uint64_t batch, time_point now);
  void retire(uint32_t worker);
  /// The worker has gone. Its batches, the one that it was computing first.
  std::deque<uint64_t> remove(uint32_t worker, time_point now);

  bool contains(uint32_t worker) const { return workers_.contains(worker); }
  bool retiring(uint32_t worker) const;
  /// A ready worker with nothing to do: the lowest number, so that the others become idle for long and can go.
  std::optional<uint32_t> idle() const;
  /// A ready worker with work that may have one more batch; the least loaded.
  std::optional<uint32_t> loadable() const;
  /// The ready worker with the fewest batches, however many those are; the lowest number of several.
  std::optional<uint32_t> lightest() const;
  /// The highest-numbered ready worker that has had nothing to do for `wait`.
  std::optional<uint32_t> idle_for(duration wait, time_point now) const;

  /// Starting or ready.
  uint32_t count() const;
  uint32_t idle_count() const;
  uint32_t busy_count() const;
  /// How long workers have had something to do, all together, what they have now included. Only rises.
  duration busy_time(time_point now) const;

private:
  struct entry {
    bool ready = false;
    bool retiring = false;
    time_point idle_since{};
    time_point busy_since{};
    std::deque<uint64_t> batches;
    bool usable() const noexcept { return ready && !retiring; }
  };

  uint32_t depth_;
  std::map<uint32_t, entry> workers_;
  duration busy_{}; ///< of times that have ended
};

} // namespace weft
