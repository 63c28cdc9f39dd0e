#pragma once

#include "runtime/base/random_source.hpp"
#include "runtime/base/time.hpp"

#include <cstdint>
#include <vector>

namespace weft::sim {

/// Something that wants to be woken at a time that it asked for.
class sim_process {
public:
  virtual ~sim_process() = default;
  virtual void wake(uint64_t token) = 0;
};

/// Virtual time: events in order of their time, and of their arrival where times are equal. All chance of a run comes
/// from random(), and what happened is folded into trace_hash(): the same seed gives the same hash.
class sim_world {
public:
  /// Virtual time does not begin at zero, so that differences of times are no special case.
  static constexpr time_point start = time_point{} + std::chrono::hours{1};

  explicit sim_world(uint64_t seed) : seed_(seed), random_(seed) {}
  sim_world(const sim_world&) = delete;

  time_point now() const noexcept { return now_; }
  duration elapsed() const noexcept { return now_ - start; }
  uint64_t seed() const noexcept { return seed_; }
  random_source& random() noexcept { return random_; }

  /// Wakes `who` with `token` then. Not before now. REQUIRES: `who` outlives the event.
  void at(time_point when, sim_process& who, uint64_t token);
  void after(duration time, sim_process& who, uint64_t token) { at(now_ + time, who, token); }

  /// Runs the next event; false when there is none, or none up to `end`.
  bool step(time_point end);
  void run_for(duration time);
  /// Until `done()` holds, looked at every `look`; false when it does not after `most`.
  template <class Done> bool run_until(Done done, duration most, duration look = std::chrono::milliseconds{10}) {
    for (auto end = now_ + most; now_ < end;) {
      if (done())
        return true;
      run_for(look);
    }
    return done();
  }

  void trace(uint64_t word) noexcept {
    hash_ = (hash_ ^ word) * 0x9e3779b97f4a7c15ULL;
    hash_ ^= hash_ >> 29;
  }
  uint64_t trace_hash() const noexcept { return hash_; }
  uint64_t events() const noexcept { return events_; }

private:
  struct event {
    time_point when;
    uint64_t order;
    sim_process* who;
    uint64_t token;
  };
  struct later {
    bool operator()(const event& a, const event& b) const noexcept {
      return a.when != b.when ? a.when > b.when : a.order > b.order;
    }
  };

  uint64_t seed_;
  random_source random_;
  time_point now_ = start;
  uint64_t order_ = 0;
  uint64_t events_ = 0;
  uint64_t hash_ = 0;
  std::vector<event> heap_;
};

} // namespace weft::sim
