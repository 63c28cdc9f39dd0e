#pragma once

#include "runtime/base/errc.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/time.hpp"
#include "runtime/ports/entry_store.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <unordered_map>
#include <vector>

namespace weft {

struct replica_limits {
  /// Of entries that wait or are on their way, for all nodes together: what the second copies may cost this node.
  uint64_t bytes_max = 32ULL << 20;
  uint32_t entries_max = 65'536;
  uint64_t parcel_bytes = 1ULL << 20; ///< a parcel is closed by the entry that reaches it
  uint32_t parcel_entries = 1'024;
  uint32_t parcels_per_node = 2; ///< on their way: one is written there while the next one travels
  uint32_t attempts_max = 3;     ///< of a parcel; then its entries keep their one copy
  duration pause_after_failure = std::chrono::seconds{1};
};

struct replica_counters {
  uint64_t sent = 0;    ///< entries that another node has taken
  uint64_t dropped = 0; ///< entries that found no room, no node, or failed too often
  uint64_t waiting = 0; ///< entries now, with those on their way
  uint64_t bytes = 0;   ///< of these
};

/// The second copies that wait for the nodes which are to keep them: in parcels, under a bound in bytes and entries.
/// A copy is a help, not a promise: what finds no room is dropped, and counted. Owned by CACHE_KEEPER; not thread-safe;
/// `now` never goes back.
class replica_queue {
public:
  explicit replica_queue(replica_limits limits = {}) : limits_(limits) {}

  /// False: no room, it is dropped.
  bool add(node_id to, stored_entry entry);

  struct parcel {
    uint64_t number = 0;
    node_id to{};
    std::vector<stored_entry> entries;
  };
  /// What is to be sent now. Each is answered by one ended().
  std::vector<parcel> take(time_point now);

  /// errc::none: it was taken there. A failure that passes is tried again after a pause; when the disk there takes
  /// nothing, what waits for it is dropped, too. Unknown numbers are ignored.
  void ended(uint64_t number, errc why, time_point now);

  /// Takes back what waits and is not on its way: the owners have changed, the caller adds it anew.
  std::vector<stored_entry> take_back();

  /// When take() may have something again that it does not have now; max: not before something is added or ended.
  time_point next(time_point now) const;

  replica_counters counters() const;

private:
  struct lane { // what is for one node
    std::deque<stored_entry> waiting;
    std::deque<uint64_t> again; ///< parcels that failed, the oldest first
    uint32_t flying = 0;
    time_point not_before{};
  };
  struct sent_parcel {
    node_id to{};
    std::vector<stored_entry> entries; ///< kept for another attempt
    uint64_t bytes = 0;
    uint32_t attempts = 1;
  };
  static uint64_t bytes_of(const stored_entry& entry) { return sizeof entry + entry.kind.size() + entry.body.size(); }
  parcel fill(node_id to, lane& from);
  void drop_waiting(lane& of);
  void forget(uint64_t number);

  replica_limits limits_;
  std::map<node_id, lane> lanes_; ///< ordered: the same nodes in the same order each time
  std::unordered_map<uint64_t, sent_parcel> parcels_;
  uint64_t last_number_ = 0;
  uint64_t bytes_ = 0;
  uint64_t entries_ = 0;
  uint64_t sent_ = 0;
  uint64_t dropped_ = 0;
};

} // namespace weft
