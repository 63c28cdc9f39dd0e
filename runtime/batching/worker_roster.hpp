#pragma once

#include "runtime/base/time.hpp"
#include "runtime/batching/engine_speed.hpp"
#include "runtime/batching/points_cost.hpp"
#include "runtime/job/node_load.hpp"
#include "runtime/ports/engine.hpp"
#include "runtime/ports/node_view.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace weft {

/// What waits for a worker, and what a batch may have.
struct batch_demand {
  uint64_t tokens = 0;              ///< that wait
  uint64_t tokens_behind = 0;       ///< of these, what may wait behind another batch
  bool items_full = false;          ///< the latter are as many texts as a batch may have
  uint64_t tokens_max = UINT64_MAX; ///< of a batch, whatever engines are best with
  uint64_t text_tokens_max = 1;     ///< of one text: nobody's batch is bounded, or dealt, below that
};

/// Who is to have the next batch, and of how many tokens at most.
struct batch_target {
  uint32_t worker = 0;
  bool idle = false; ///< it has no batch: what it gets need not be full
  uint64_t tokens_max = 0;
  uint64_t tokens_full = 0; ///< what a full batch of this worker has
};

/// The workers of a pool by number: what each runs on, how fast it was measured to be, and what it is busy with.
/// Numbers are reused, the lowest free one first, so device names stay the same over restarts. A worker is starting
/// until its engine is there, then ready, and retiring once it was told to stop. A worker does its pieces in the order
/// in which it got them: batches, and work on points. Owned by WORKER_POOL; not thread-safe; `now` never goes back.
class worker_roster {
public:
  /// `depth`: a worker with fewer batches may have one more; work on points does not count. With two, the next one
  /// waits at the engine while the pool takes in the last answer; the price is that it can no longer be overtaken by a
  /// call of higher priority.
  explicit worker_roster(uint32_t depth) : depth_(depth) {}
  void set_depth(uint32_t depth) noexcept { depth_ = depth; }

  uint32_t add();
  /// Its speed is that of one that is like it, of those that are there or were, until it is measured itself.
  void ready(uint32_t worker, time_point now, const engine_info& engine = {});
  /// cost: in tokens. REQUIRES: the worker is ready, and has fewer batches than `depth`.
  void assign(uint32_t worker, uint64_t batch, uint64_t cost, time_point now);
  /// tokens, busy: what was computed and how long that took; nothing where it failed.
  void done(uint32_t worker, uint64_t batch, time_point now, uint64_t tokens = 0, std::chrono::nanoseconds busy = {});
  /// Work on points, by a number of its own, of so many multiply-adds. A worker may have any number of them.
  void assign_points(uint32_t worker, uint64_t points, uint64_t products, time_point now);
  void points_done(uint32_t worker, uint64_t points, time_point now, uint64_t products = 0,
                   std::chrono::nanoseconds busy = {});
  void retire(uint32_t worker);
  /// The worker has gone. Its batches, in its order: the first one was being computed unless on_points().
  std::deque<uint64_t> remove(uint32_t worker, time_point now);

  bool contains(uint32_t worker) const { return workers_.contains(worker); }
  bool retiring(uint32_t worker) const;
  /// What it computes now is work on points.
  bool on_points(uint32_t worker) const;

  /// Who finishes what waits first: by what it has to do before, its fixed cost a batch and its measured speed. Nobody
  /// while everybody is full, or while whoever is free would take longer than another one that is busy now: then ask
  /// again when one is done, or after a while.
  ///
  /// A batch of any size goes to a worker with nothing to do, or to the one with the least to do, if all that it has is
  /// work on points: while texts are compressed there is always some, and what waited for its end would wait as long.
  /// Another one gets a full batch only, behind what it has. What waits is dealt out among those with nothing to do, by
  /// their speed; of workers that are about as fast the lowest number is taken, so that the others become idle for
  /// long and can go. (worker_choice.cpp)
  std::optional<batch_target> choose(const batch_demand& demand, time_point now) const;
  /// The ready worker that is done with so much work on points first, however many pieces it has.
  std::optional<uint32_t> soonest(uint64_t products, time_point now) const;
  /// The highest-numbered ready worker that has had nothing to do for `wait`.
  std::optional<uint32_t> idle_for(duration wait, time_point now) const;

  /// Starting or ready.
  uint32_t count() const;
  /// Ready, with nothing to do.
  uint32_t idle_count() const;
  uint32_t busy_count() const;
  /// How long workers have had something to do, all together, what they have now included. Only rises.
  duration busy_time(time_point now) const;

  /// Of all workers while they compute, as measured lately; who was not measured counts as the others' mean.
  double tokens_per_second() const;
  /// Adds the measured engines to a load, by kind.
  void tell_groups(node_load& to) const;
  /// Of those that are ready, by number.
  std::vector<engine_status> engines() const;

private:
  struct piece {
    uint64_t number = 0;
    uint64_t cost = 0; ///< tokens
    bool points = false;
  };
  struct known_engine {
    engine_info info{};
    engine_speed speed{};
    points_cost points{};
  };
  struct entry {
    bool ready = false;
    bool retiring = false;
    time_point idle_since{};
    time_point busy_since{};
    time_point front_since{};
    std::deque<piece> pieces{}; ///< in the order in which its engine does them
    known_engine on{};
    bool usable() const noexcept { return ready && !retiring; }
    bool has_points() const noexcept;
    size_t batches() const noexcept;
  };

  void give(entry& to, const piece& what, time_point now);
  void take(uint32_t worker, uint64_t number, bool points, time_point now);

  // worker_choice.cpp
  struct candidate;
  const known_engine& known(const entry& one) const; ///< it, or one like it that was measured
  uint64_t points_cost_of(const entry& one, uint64_t products) const;
  double seconds_for(const entry& one, uint64_t tokens, uint64_t tokens_max, time_point now) const;
  static double speeds_dealt(const std::vector<candidate>& all, const batch_demand& demand);
  std::vector<candidate> candidates(const batch_demand& demand, time_point now) const;
  double seconds_of(const entry& one, const piece& what, time_point now) const;
  double seconds_left(const entry& one, time_point now) const;
  std::optional<uint32_t> lightest(time_point now) const;

  uint32_t depth_;
  std::map<uint32_t, entry> workers_;
  std::deque<known_engine> gone_; ///< one of each kind, for the next that is like it
  duration busy_{};               ///< of times that have ended
};

} // namespace weft
