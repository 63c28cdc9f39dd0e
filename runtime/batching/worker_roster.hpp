#pragma once

#include "runtime/base/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

namespace weft {

/// The workers of a pool by number, and what each is busy with. Numbers are reused, the lowest free one first, so
/// device names stay the same over restarts. A worker is starting until its engine is there, then ready, and retiring
/// once it was told to stop. A worker does its pieces in the order in which it got them: batches, and work on points.
/// Owned by WORKER_POOL; not thread-safe.
class worker_roster {
public:
  /// `depth`: a worker with fewer batches may have one more; work on points does not count. With two, the next one
  /// waits at the engine while the pool takes in the last answer; the price is that it can no longer be overtaken by a
  /// call of higher priority.
  explicit worker_roster(uint32_t depth) : depth_(depth) {}
  void set_depth(uint32_t depth) noexcept { depth_ = depth; }

  uint32_t add();
  void ready(uint32_t worker, time_point now);
  /// cost: in tokens. REQUIRES: the worker is ready, and has fewer batches than `depth`.
  void assign(uint32_t worker, uint64_t batch, uint64_t cost, time_point now);
  void done(uint32_t worker, uint64_t batch, time_point now);
  /// Work on points, by a number of its own; cost: the tokens that take as long. A worker may have any number of them.
  void assign_points(uint32_t worker, uint64_t points, uint64_t cost, time_point now);
  void points_done(uint32_t worker, uint64_t points, time_point now);
  void retire(uint32_t worker);
  /// The worker has gone. Its batches, in its order: the first one was being computed unless on_points().
  std::deque<uint64_t> remove(uint32_t worker, time_point now);

  bool contains(uint32_t worker) const { return workers_.contains(worker); }
  bool retiring(uint32_t worker) const;
  /// What it computes now is work on points.
  bool on_points(uint32_t worker) const;
  /// A ready worker for a batch of any size. One with nothing to do: the lowest number, so that the others become idle
  /// for long and can go; else the one with the lowest cost, if all that it has is work on points: while texts
  /// are compressed there is always some, and what waited for its end would wait as long.
  std::optional<uint32_t> idle() const;
  /// A ready worker that may have one more batch: the one with the lowest cost before it. One that has work
  /// on points only where no other has less to do, for that may be as long as many batches.
  std::optional<uint32_t> loadable() const;
  /// The ready worker whose pieces cost least, however many those are; the lowest number of several.
  std::optional<uint32_t> lightest() const;
  /// The highest-numbered ready worker that has had nothing to do for `wait`.
  std::optional<uint32_t> idle_for(duration wait, time_point now) const;

  /// Starting or ready.
  uint32_t count() const;
  /// Ready, with nothing to do.
  uint32_t idle_count() const;
  uint32_t busy_count() const;
  /// How long workers have had something to do, all together, what they have now included. Only rises.
  duration busy_time(time_point now) const;

private:
  struct piece {
    uint64_t number = 0;
    uint64_t cost = 0;
    bool points = false;
  };
  struct entry {
    bool ready = false;
    bool retiring = false;
    time_point idle_since{};
    time_point busy_since{};
    std::deque<piece> pieces; ///< in the order in which its engine does them
    bool usable() const noexcept { return ready && !retiring; }
    bool has_points() const noexcept;
    size_t batches() const noexcept;
    uint64_t cost() const noexcept;
  };

  void give(entry& to, const piece& what, time_point now);
  void take(uint32_t worker, uint64_t number, bool points, time_point now);

  uint32_t depth_;
  std::map<uint32_t, entry> workers_;
  duration busy_{}; ///< of times that have ended
};

} // namespace weft
