#pragma once

#include "runtime/base/time.hpp"
#include "runtime/batching/batch.hpp"
#include "runtime/ports/call.hpp"
#include "runtime/ports/model.hpp"

#include <chrono>
#include <cstdint>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace weft {

/// A call that the pool works on: what is there of its answer so far.
struct open_call {
  call_ptr call;
  time_point opened{};
  uint32_t tokens_cap = 0; ///< the bound a text that its reservation was made with
  uint32_t cut = 0;        ///< texts handed out in chunks
  uint32_t missing = 0;    ///< items without a vector
  embed_result result;     ///< items: [texts of the request]
};

/// What a batch tells about one of its items.
struct batch_item_outcome {
  std::span<const float> values; ///< [dimensions]
  std::chrono::nanoseconds waited{};
  std::chrono::nanoseconds busy{}; ///< of the whole batch
  double device_seconds = 0;       ///< this item's share of it
};

/// The calls of one pool, their partial results and their deadlines. Owned by pool_core; not thread-safe.
/// Every open() is paired with one close().
class call_ledger {
public:
  /// Returns the call's number, never used before.
  uint64_t open(call_ptr call, time_point now);
  open_call* find(uint64_t id);
  const open_call* find(uint64_t id) const;
  bool ended(uint64_t id) const;
  void close(uint64_t id);

  /// Stores a vector; true when it was the call's last.
  bool store(open_call& call, const batch_item& item, const batch_item_outcome& outcome);

  /// The earliest deadline of all, time_point::max() when there is none.
  time_point next_deadline() const;
  /// Calls whose deadline is not after `now`.
  std::vector<uint64_t> expired(time_point now) const;
  /// Calls that have ended elsewhere: their client has gone. Looks at every call.
  std::vector<uint64_t> abandoned() const;
  std::vector<uint64_t> all() const;
  size_t size() const noexcept { return calls_.size(); }

private:
  uint64_t last_id_ = 0;
  std::unordered_map<uint64_t, open_call> calls_;
  std::set<std::pair<time_point, uint64_t>> deadlines_; ///< calls that have one
};

} // namespace weft
