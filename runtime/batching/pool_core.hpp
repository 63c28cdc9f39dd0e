#pragma once

#include "runtime/base/result.hpp"
#include "runtime/base/time.hpp"
#include "runtime/batching/batch.hpp"
#include "runtime/batching/batch_queue.hpp"
#include "runtime/batching/call_ledger.hpp"
#include "runtime/batching/text_chunk.hpp"
#include "runtime/batching/turn_order.hpp"
#include "runtime/batching/work_rate.hpp"
#include "runtime/ports/call.hpp"
#include "runtime/ports/engine.hpp"
#include "runtime/ports/model.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace weft {

struct pool_core_options {
  queue_limits queue;
  /// The tokens that a text of so many bytes costs at most, given the model's tokens_max (see operation::cost).
  std::function<uint64_t(uint64_t bytes, uint32_t tokens_max)> cost;
  uint32_t tokens_cap = 16'384; ///< of one text, until the model says its own
  uint32_t chunk_items = chunk_items_max;
  /// Refuses a call that would miss its deadline (errc::overloaded) as soon as that can be told.
  bool refuse_late = true;
  /// How long after an interactive call another one is expected.
  std::chrono::seconds interactive_for{10};
};

/// Items that left the queue without being computed, by reason.
struct drop_counts {
  uint64_t expired = 0;
  uint64_t cancelled = 0;
  uint64_t late = 0; ///< would have missed their deadline
};

/// What a worker pool decides: which texts are tokenized next, which make the next batch, what is tried again, and
/// when a call has its answer. It answers the calls itself, through their port; what to send where is the actor's.
/// A call's way: enter → next_chunk/tokenized (for each chunk) → next_batch/computed (for each item) → answered.
/// Every chunk handed out comes back by tokenized() or chunk_lost(), every batch by computed() or batch_lost().
/// Owned by WORKER_POOL; not thread-safe. REQUIRES: options.cost.
class pool_core {
public:
  explicit pool_core(pool_core_options options);

  void set_refuse_late(bool on) { options_.refuse_late = on; }
  void set_queue_limits(const queue_limits& limits) { queue_.set_limits(limits); }
  /// Texts of one chunk, from the next on. REQUIRES: items > 0.
  void set_chunk_items(uint32_t items) { options_.chunk_items = items; }
  /// The model that results name, and that bounds a text's tokens from now on.
  void serve(const model_info& model) { model_ = model; }
  /// The model is gone until the next serve(): calls that find no room are told to wait for it (errc::model_loading).
  void unserve() { model_.reset(); }

  /// Takes the call, or answers errc::overloaded, model_loading, deadline_exceeded or cancelled at once.
  void enter(call_ptr call, time_point now);

  /// The next texts to tokenize: calls take turns as in turn_order.
  std::optional<text_chunk> next_chunk();
  void tokenized(tokenized_chunk done, time_point now);
  /// The tokenizer died: again, or errc::internal for the call after three times.
  void chunk_lost(text_chunk chunk);

  /// The next batch; null when no text is ready. Expired and cancelled calls are answered first, never computed.
  batch_ptr next_batch(const batch_limits& limits, time_point now);

  /// A call that is not of priority `batch` came a short while ago: the next one should find engines soon free.
  bool is_interactive(time_point now) const noexcept { return now < interactive_until_; }
  /// An unknown id is the late answer of a worker that was given up: ignored.
  void computed(uint64_t batch_id, engine_reply reply, time_point now);
  /// The worker died. `started`: it may have been computing this one, so that counts as a try of its items.
  void batch_lost(uint64_t batch_id, bool started);

  /// Answers every call whose deadline has passed or whose client has gone.
  void sweep(time_point now);
  time_point next_deadline() const { return ledger_.next_deadline(); }
  void fail_all(const failure& reason);

  drop_counts take_drops() noexcept { return std::exchange(drops_, {}); }
  size_t calls() const noexcept { return ledger_.size(); }
  const batch_queue& queue() const noexcept { return queue_; }
  uint64_t items_done() const noexcept { return items_done_; }
  uint64_t tokens_done() const noexcept { return tokens_done_; }

private:
  errc reserve(const call& call, uint64_t id, uint64_t cost);
  uint64_t cost_of(const call& call, uint32_t tokens_cap) const;
  /// By how much the call will be late if so much has to be computed until it is done; 0 while nobody can tell.
  duration lateness(const call& call, uint64_t cost_until_done, time_point now) const;
  bool hopeless(uint64_t id, time_point now) const;
  void expire(time_point now);
  void fail(uint64_t id, failure reason);
  void finish(uint64_t id, open_call& call);
  void store(const batch& done, const embed_vectors& vectors, std::chrono::nanoseconds busy);
  void retry(const batch& failed, const std::string& why);

  pool_core_options options_;
  std::optional<model_info> model_;
  call_ledger ledger_;
  turn_order chunk_turns_; ///< in bytes
  std::deque<text_chunk> lost_chunks_;
  batch_queue queue_;
  uint64_t last_batch_ = 0;
  struct computing_batch {
    std::shared_ptr<const batch> what;
    uint64_t cost = 0;
  };

  std::unordered_map<uint64_t, computing_batch> computing_;
  uint64_t computing_cost_ = 0;
  uint64_t batch_cost_ = 0; ///< of the last one: a text has its vector when its whole batch has
  work_rate rate_;
  time_point interactive_until_ = time_point::min();
  time_point next_room_sweep_ = time_point::min();
  drop_counts drops_;
  uint64_t items_done_ = 0;
  uint64_t tokens_done_ = 0;
};

} // namespace weft
