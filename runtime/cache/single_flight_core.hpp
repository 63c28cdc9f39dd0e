#pragma once

#include "runtime/base/result.hpp"
#include "runtime/base/time.hpp"
#include "runtime/job/identity.hpp"

#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace weft {

/// One who waits for a result, numbered by the caller; numbers are never used again.
enum class waiter_id : uint64_t {};

struct single_flight_limits {
  uint32_t flights_max = 65'536;  ///< keys in flight
  uint32_t followers_max = 8'192; ///< of one key
  /// Leaders that may fail for a reason that passes before everybody is told: a text that kills engines must not kill
  /// one for each follower.
  uint32_t attempts_max = 3;
};

/// Sees to it that a result is computed once, however many ask for it at the same time. The first to ask leads: it
/// looks in the store and computes. The others follow and get the leader's result. Every waiter has its own deadline. A
/// leader that is cancelled, expires or fails hands over to the follower that has waited longest; so nobody is stranded
/// by another. A failure that any leader would meet (a bad text) answers all. Every waiter is named exactly once among
/// those to answer, or was cancelled by the caller. Flights are told apart by the whole identity. Owned by CACHE_SHARD;
/// not thread-safe; knows no clock.
class single_flight_core {
public:
  explicit single_flight_core(single_flight_limits limits = {}) : limits_(limits) {}

  enum class part : uint8_t { leads, follows };
  /// A leading waiter starts computing. Errors: errc::overloaded, and then nobody waits.
  result<part> join(waiter_id waiter, const identity& what, const cache_key& key, time_point deadline);

  /// A follower that leads from now on: it starts computing.
  struct handover {
    waiter_id leader{};
    identity what;
    cache_key key;
    time_point deadline;
  };

  /// The result is there, whoever computed it: answer these with it.
  std::vector<waiter_id> completed(const identity& what, const cache_key& key);

  struct failed_attempt {
    std::vector<waiter_id> answer; ///< with the failure
    std::optional<handover> next;
  };
  /// What the leader started did not work. From one that leads no longer, only a permanent reason counts.
  failed_attempt failed(waiter_id leader, const identity& what, const cache_key& key, errc why);

  /// The waiter has gone; it gets no answer. Unknown ones are ignored.
  std::optional<handover> cancelled(waiter_id waiter);

  struct expiry {
    std::vector<waiter_id> answer; ///< with errc::deadline_exceeded
    std::vector<handover> next;
  };
  expiry tick(time_point now);
  /// max: nobody has one.
  time_point next_deadline() const { return deadlines_.empty() ? time_point::max() : deadlines_.begin()->first; }

  /// Everybody, at the end: answer these with errc::draining or unavailable.
  std::vector<waiter_id> take_all();

  size_t flights() const noexcept { return flights_.size(); }
  size_t waiters() const noexcept { return waiters_.size(); }
  uint64_t followed() const noexcept { return followed_; }       ///< computations saved, since the start
  uint64_t handed_over() const noexcept { return handed_over_; } ///< since the start

private:
  struct flight {
    identity what;
    cache_key key;
    std::deque<waiter_id> order; ///< the leader first; those who have gone are still in it
    uint32_t waiting = 0;        ///< without those
    uint32_t attempts_failed = 0;
  };
  using flight_at = std::list<flight>::iterator;
  struct waiter {
    flight_at of;
    time_point deadline;
  };

  std::optional<flight_at> find(const identity& what, const cache_key& key);
  void forget(waiter_id id);
  std::optional<handover> leave(waiter_id id);
  std::optional<handover> next_leader(flight_at at);
  std::vector<waiter_id> end(flight_at at);

  single_flight_limits limits_;
  std::list<flight> flights_;
  std::unordered_multimap<cache_key, flight_at, cache_key_hash> by_key_;
  std::unordered_map<waiter_id, waiter> waiters_;
  std::set<std::pair<time_point, waiter_id>> deadlines_;
  uint64_t followed_ = 0;
  uint64_t handed_over_ = 0;
};

/// Whether the reason lies in the text or the model, so that computing again fails again.
bool is_permanent(errc why) noexcept;

} // namespace weft
