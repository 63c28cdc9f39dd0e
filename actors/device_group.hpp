#pragma once

#include "actors/corpus_notice.hpp"
#include "actors/corpus_store.hpp"
#include "actors/device_group_board.hpp"
#include "actors/interfaces.hpp"
#include "runtime/device_group/regroup.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weft {

struct device_group_setup {
  device_group_options options;
  std::shared_ptr<rank_carrier> carrier; ///< null: no rank can join, this node takes part in no corpus
  std::shared_ptr<device_group_board> board = std::make_shared<device_group_board>();
  services_ptr services;
};

/// Duty: owns the vectors of corpora in memory, this node's place in their communicators, and the threads of its ranks:
/// one rank a node and epoch, whatever devices the node has (they are its engines). Does what jobs_core wants
/// (corpus_effects.hpp) and tells JOB_KEEPER what became of it. Owner: NODE_SUPERVISOR. Threads: its turns are short;
/// decoding, searching, encoding and ranks have threads of their own, which only send messages here. What it owes is in
/// slips that answer themselves, so its death is errc::unavailable for every epoch and search that it had a part in;
/// its ranks are aborted by it, however it ends.
class device_group_state {
public:
  using self_pointer = device_group_actor::stateful_pointer<device_group_state>;
  static inline const char* name = "device_group";

  explicit device_group_state(self_pointer self) : self_(self) {}
  ~device_group_state() { let_ranks_go(); }
  void start(const device_group_setup& setup);

  void ask(const corpus_slip_ptr& asked);
  void hear(corpus_notice& notice);
  void hear(const cluster_view_ptr& cluster);
  void wire(const wiring_ptr& wiring);
  void drain() { draining_ = true; }
  void stop();
  void tick();

private:
  /// This node's part in one job.
  struct part {
    uint64_t epoch = 0;
    corpus_load load;
    bool is_loaded = false;
    bool is_forgotten = false; ///< but a rank of it has not left yet
    bool is_refused = false;   ///< its vectors have no room, and go
    regroup membership;
    // Remembered from epoch to epoch, of load.roster.
    std::shared_ptr<const corpus_checkpoint> checkpoint;
    std::shared_ptr<const corpus_result> outcome; ///< of this epoch
    // The rank of this epoch, or of a former one that has not left yet; a second one would need its memory twice.
    std::shared_ptr<corpus_rank> rank;
    uint64_t rank_number = 0;
    uint64_t rank_epoch = 0;
    uint64_t rank_bytes = 0;               ///< reserved for it
    std::chrono::milliseconds rank_work{}; ///< its longest between two verbs
    time_point step_began{};
    corpus_slip_ptr running; ///< whoever waits for the end of this epoch; null: nobody
  };
  /// One that hangs. It may come back.
  struct lost_rank {
    std::shared_ptr<corpus_rank> rank; ///< not null
    uint64_t bytes = 0;
  };

  /// Of one thread with all its engines, by numbers of what it gave them.
  struct engine_waits {
    uint64_t given = 0;   ///< the last one
    uint64_t expired = 0; ///< it has waited long enough for all up to this one
  };

  // device_group.cpp: shares and epochs
  time_point now() const { return self_->clock().now(); }
  void perform(plan_corpus& it, const corpus_slip_ptr& asked);
  void perform(seal_corpus& it, const corpus_slip_ptr& asked);
  void perform(start_corpus& it, const corpus_slip_ptr& asked);
  void perform(stop_corpus& it, const corpus_slip_ptr& asked);
  void perform(forget_corpus& it, const corpus_slip_ptr& asked);
  void plan_search(plan_corpus& it, corpus_slip& asked);
  status begin_epoch(const plan_corpus& it);
  status may_begin() const;
  void tell_readiness();
  void adopt_checkpoint(part& it, const seal_corpus& sealed) const;
  void give_way(job_id job, part& it, const failure& why);
  part* find(job_id job, uint64_t epoch);
  void forget(job_id job);
  void publish();

  // device_group_ranks.cpp
  void find_engines(job_id job);
  void with_engines(std::chrono::milliseconds patience, std::function<void(std::vector<corpus_engine>)> go_on);
  std::vector<corpus_engine> engines_of(const worker_pool_actor& pool, const pool_status& found,
                                        std::chrono::milliseconds patience);
  corpus_engine engine_on(const worker_pool_actor& pool, const std::string& device, std::chrono::milliseconds patience,
                          const std::shared_ptr<engine_waits>& waits);
  void begin_rank(job_id job, uint64_t epoch, std::vector<corpus_engine> engines);
  result<rank_seat> seat_in(const part& it, job_id job) const;
  void on(corpus_notices::stepped& it);
  void on(corpus_notices::ended& it);
  void on(corpus_notices::engine_failed& it);
  void on(corpus_notices::overdue& it);
  std::map<job_id, part>::iterator find_rank(uint64_t number);
  void go_on_without_rank(std::map<job_id, part>::iterator found);
  void leave_epoch(part& it, const failure& why);
  void let_ranks_go();

  // device_group_work.cpp: what threads aside do
  void perform(feed_corpus& it, const corpus_slip_ptr& asked);
  void perform(encode_corpus& it, const corpus_slip_ptr& asked);
  void perform(search_corpus_share& it, const corpus_slip_ptr& asked);
  void make_and_search(const corpus_slip_ptr& asked, std::vector<placed_segment> share);
  void search(const corpus_slip_ptr& asked, std::shared_ptr<const corpus_shard> shard);
  void on(corpus_notices::decoded& it);
  void on(corpus_notices::searched& it);

  self_pointer self_;
  device_group_setup setup_;
  wiring_ptr wiring_;
  cluster_view_ptr cluster_; ///< null: none was told
  std::optional<corpus_store> store_;
  std::map<job_id, part> parts_;
  std::map<uint64_t, lost_rank> lost_; ///< by number
  struct rest {
    time_point until;
    std::chrono::milliseconds patience; ///< whoever has no more leaves the device alone
  };
  std::map<std::string, rest> resting_; ///< devices that failed at points
  uint64_t ranks_ = 0;                  ///< number of the last one
  uint32_t searches_ = 0;               ///< under way
  /// Searches of jobs whose points are being made by another; they look again when those are there.
  std::map<job_id, std::deque<corpus_slip_ptr>> making_;
  corpora_counters counters_;
  bool draining_ = false;
  bool ticking_ = false;
};

device_group_actor::behavior_type device_group(device_group_state::self_pointer self, const device_group_setup& setup);

} // namespace weft
