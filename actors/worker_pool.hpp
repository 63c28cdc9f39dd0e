#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "runtime/batching/pool_core.hpp"
#include "runtime/batching/worker_roster.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weft {

struct worker_pool_setup {
  pool_options options;
  std::function<uint64_t(uint64_t bytes, uint32_t tokens_max)> cost; ///< operation::cost
  services_ptr services;
};

/// Duty: computes calls with the tokenizers and workers that it owns. pool_core decides about texts and calls,
/// worker_roster keeps count of the workers; this passes messages between them and the actors.
/// Owner: NODE_SUPERVISOR. It answers every call that it took; when it dies, the calls' last owner does.
class worker_pool_state {
public:
  using self_pointer = worker_pool_actor::stateful_pointer<worker_pool_state>;
  static inline const char* name = "worker_pool";

  explicit worker_pool_state(self_pointer self) : self_(self) {}
  void start(const worker_pool_setup& setup);

  void enter(const call_ptr& call);
  void enter(const points_ask_ptr& asked);
  void tokenized(uint32_t tokenizer, tokenized_chunk& done);
  void worker_ready(uint32_t worker, const engine_info& info);
  void computed(uint32_t worker, uint64_t batch, engine_reply& reply);
  void points_done(uint32_t worker, const points_ask_ptr& done);
  void hear(const model_news& news);
  void change(const pool_options& options);
  void resize(uint32_t workers);
  void wire(const wiring_ptr& wiring);
  void child_down(const caf::down_msg& down);
  void drain();
  void stop();
  void tick();
  pool_status status() const;

private:
  struct tokenizer_slot {
    tokenizer_actor handle;
    std::deque<text_chunk> chunks; ///< that it has, in order
  };
  struct worker_slot {
    worker_actor handle;
    std::string device;
    std::deque<points_ask_ptr> points{}; ///< that it has, in order
    std::deque<points_ask_ptr> lost{};   ///< came back: its device was lost with them
  };
  struct worker_bounds {
    uint32_t least = 1;
    uint32_t most = 1;
  };
  struct waiting_points {
    points_ask_ptr asked;
    uint64_t batches_before = 0; ///< that must have gone, unless no text waits any more
  };

  // worker_pool.cpp: the way of a call
  time_point now() const;
  void pump(); ///< does all that can be done now; ends every handler
  void feed_tokenizers();
  void give(const tokenizer_actor& tokenizer, const text_chunk& chunk);
  void dispatch();
  void dispatch_points();
  std::optional<uint32_t> worker_on(const std::string& device) const; ///< that is ready
  batch_demand demand() const noexcept;
  batch_limits limits_for(const batch_target& target) const noexcept;
  void report_drops();
  void measure(); ///< how fast its engines are has changed
  void tell_load() const;
  void arm_timer();

  // worker_pool_children.cpp: tokenizers and workers
  void apply(const pool_options& options);
  worker_bounds bounds() const noexcept;
  uint32_t workers_due() const noexcept;
  void size_children();
  void size_workers();
  void spawn_tokenizer();
  void spawn_worker();
  void retire_worker();
  void let_children_go();
  void lose_model();
  void worker_down(uint32_t number, const std::string& why);
  void take_back(worker_slot& gone);
  void tokenizer_down(uint32_t number, const std::string& why);
  void ask_restart(const std::string& child, const std::string& why, uint32_t& pending);
  void give_up();

  self_pointer self_;
  worker_pool_setup setup_;
  wiring_ptr wiring_;
  std::unique_ptr<pool_core> core_;
  worker_roster roster_{1};
  node_load measured_; ///< what its engines say of the load
  model_ptr model_;
  std::deque<waiting_points> points_; ///< wait for the first worker that is ready, or for texts that came before them
  uint64_t last_points_ = 0;          ///< number of the last work on points
  uint64_t batches_given_ = 0;        ///< to workers, so far
  std::optional<failure> refusal_;    ///< why no call is taken now
  bool draining_ = false;
  bool dropping_ = false; ///< the model goes when no call needs it
  bool given_up_ = false;
  std::map<uint32_t, worker_slot> workers_;
  std::map<uint32_t, tokenizer_slot> tokenizers_;
  uint32_t workers_wanted_ = 0;
  uint32_t workers_pending_ = 0;    ///< dead, and the supervisor has not answered yet
  uint32_t tokenizers_pending_ = 0; ///< the same
  time_point armed_ = time_point::max();
};

worker_pool_actor::behavior_type worker_pool(worker_pool_state::self_pointer self, const worker_pool_setup& setup);

} // namespace weft
