#pragma once

#include "runtime/base/errc.hpp"
#include "runtime/batching/batch.hpp"
#include "runtime/batching/turn_order.hpp"
#include "runtime/job/context.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <unordered_map>
#include <vector>

namespace weft {

/// What may wait for the engines of one pool, texts still being tokenized included.
struct queue_limits {
  uint64_t items_max = 65'536;
  uint64_t tokens_max = 16'777'216;
};

/// The texts that wait for an engine, by call and priority; makes batches within a budget. A call reserves room for all
/// its texts before the first is tokenized, so tokenizing is never in vain. Whose text comes next: turn_order.
/// Owned by pool_core; not thread-safe.
class batch_queue {
public:
  explicit batch_queue(const queue_limits& limits) : limits_(limits) {}
  void set_limits(const queue_limits& limits) { limits_ = limits; }

  /// Reserves room for a call. errc::overloaded when there is not enough. Every open() that returns errc::none is
  /// paired with one close(). REQUIRES: items > 0; the call is not open.
  errc open(uint64_t call, priority level, uint32_t items, uint64_t tokens_at_most);
  bool is_open(uint64_t call) const { return calls_.contains(call); }
  /// A text of an open call is ready. `tokens_at_most` is its share of the reservation, and becomes its cost.
  void push(batch_item item, uint64_t tokens_at_most);
  /// Items to compute again, together and before all others: they have waited longest. Need no room.
  void push_retry(batch group);
  /// Forgets the call. Returns how many of its items leave uncomputed, those not tokenized yet included.
  uint64_t close(uint64_t call);

  /// The next batch within the limits; empty when nothing waits, or nothing but ended calls. `ended(call)` is asked at
  /// each call's turn: true passes the call over, and its owner closes it before the next take(). REQUIRES:
  /// limits.tokens_max ≥ the longest item.
  batch take(const batch_limits& limits, const std::function<bool(uint64_t)>& ended);

  /// The cost of the batch that take() returned last. What is computed again costs its tokens.
  uint64_t taken_cost() const noexcept { return taken_cost_; }

  /// Waiting, tokenized.
  uint64_t items() const noexcept { return items_; }
  uint64_t tokens() const noexcept { return tokens_; }
  /// Of these, what is not of priority `batch`, and what is computed again.
  uint64_t foreground_items() const noexcept { return items_ - background_items_; }
  uint64_t foreground_tokens() const noexcept { return tokens_ - background_tokens_; }
  /// Waiting, tokenized or not (then by their bound).
  uint64_t items_held() const noexcept { return items_ + items_reserved_; }
  uint64_t tokens_held() const noexcept { return tokens_ + tokens_reserved_; }
  bool ready() const noexcept { return items_ > 0; }

  /// The cost of what is still to be handed out of an open call. REQUIRES: it is open.
  uint64_t cost_left(uint64_t call) const { return calls_.at(call).cost_left; }
  /// About the cost of what is handed out before a call that costs so much and comes now would be done, itself
  /// included, if nothing came after it: calls of up to twice its cost, the share of the oldest, and of other
  /// priorities what their shares let through.
  uint64_t cost_until_done(priority level, uint64_t cost) const noexcept;

private:
  struct waiting_item {
    batch_item item;
    uint64_t cost = 0; ///< its share of the reservation
  };
  struct waiting_call {
    priority level = priority::normal;
    uint64_t cost = 0;
    size_t size = 0; ///< the place of its cost in `costs_`
    uint64_t cost_left = 0;
    uint64_t items_reserved = 0;
    uint64_t tokens_reserved = 0;
    std::deque<waiting_item> items;
  };

  batch take_retry(const batch_limits& limits, const std::function<bool(uint64_t)>& ended);
  void left(const batch_item& item) noexcept;
  void left(const batch_item& item, priority level) noexcept;
  static bool fits(const batch& taken, uint64_t tokens, priority level, const batch_limits& limits) noexcept;
  void handed_out(waiting_call& call, uint64_t cost) noexcept;
  uint64_t close_retries(uint64_t call);

  /// Costs up to 1, 2, 4, … 2^(sizes − 2), and beyond.
  static constexpr size_t sizes = 34;

  queue_limits limits_;
  turn_order turns_; ///< calls with waiting items
  std::unordered_map<uint64_t, waiting_call> calls_;
  std::deque<batch> retries_;
  std::array<std::array<uint64_t, sizes>, priority_count> costs_{}; ///< left of open calls, by what they cost in all
  uint64_t taken_cost_ = 0;
  uint64_t items_ = 0;
  uint64_t tokens_ = 0;
  uint64_t background_items_ = 0; ///< of items_
  uint64_t background_tokens_ = 0;
  uint64_t items_reserved_ = 0;
  uint64_t tokens_reserved_ = 0;
};

} // namespace weft
