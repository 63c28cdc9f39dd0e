#pragma once

#include "runtime/base/time.hpp"
#include "runtime/corpus_job/corpus_job_options.hpp"
#include "runtime/corpus_job/messages.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weft {

/// What the live nodes keep of a corpus job.
struct corpus_survey {
  std::vector<segment_holding> segments;                       ///< that have results, ascending
  bool has_outcome = false;                                    ///< whole, each part where the job's durability wants it
  std::vector<std::pair<attached_kind, uint64_t>> checkpoints; ///< whole ones, with their generations
  uint64_t newest_generation = 0; ///< of any part of anything that is attached, whole or not
};

/// What corpus_job_core wants done.

struct survey_corpus { ///< → surveyed()
  uint64_t ticket = 0;
};
struct send_order { ///< → reported(), or nothing
  node_id to{};
  corpus_order order;
};
/// Keep this outcome with the job: there is no result. → outcome_kept()
struct keep_outcome {
  uint64_t ticket = 0;
  uint64_t generation = 0;
  corpus_outcome outcome;
};
/// The outcome is safe: the job may end. why: there is no result.
struct corpus_over {
  std::optional<corpus_break> why;
};
using corpus_job_effect = std::variant<survey_corpus, send_order, keep_outcome, corpus_over>;

enum class corpus_phase : uint8_t {
  waiting,   ///< for vectors
  gathering, ///< who has what, and who listens
  loading,
  running,
  keeping, ///< the outcome
  pausing, ///< before the next epoch
  failing, ///< the reason is being kept
  ending,  ///< nodes are told
  ended,
};
std::string_view to_string(corpus_phase phase) noexcept; ///< its name above: a literal

struct corpus_job_setup {
  job_id job;
  group_worker self; ///< this process of this node
  corpus_options options;
  uint64_t job_items = 0; ///< items_total of the job
  uint32_t segments = 0;  ///< segments_total
  /// Tenths of a second since the job was created. Epochs begin above, so that they rise also where everybody who knew
  /// of former ones has started anew: what is kept is compared by them.
  uint64_t epoch_floor = 0;
};

/// Leads one corpus job once its items are embedded: finds who has vectors, has them load and run as one epoch's ranks,
/// has checkpoints and the outcome kept, begins again one epoch higher when one is lost. One on the node that owns the
/// job's header; when that changes the next one goes on from what nodes remember and what is kept. It leads only with
/// the promise of a majority of the members of its region, those that are missing counted: of two that lead at the same
/// time only one comes so far. Pure; owned by JOB_KEEPER; not thread-safe.
class corpus_job_core {
public:
  /// REQUIRES: job_items > 0 or segments == 0.
  explicit corpus_job_core(corpus_job_setup setup, corpus_job_options options = {});

  /// live: members that take work, one worker each, with this node if it does; known: with those that are missing.
  void set_members(std::span<const group_worker> live, size_t known, time_point now);
  /// Every segment has results, safely. Again: nothing.
  void embedded(time_point now);

  void surveyed(uint64_t ticket, result<corpus_survey> survey, time_point now);
  void reported(const corpus_report& report, time_point now);
  void outcome_kept(uint64_t ticket, const status& outcome, time_point now);

  /// The job was cancelled, has expired or is removed: nodes are told.
  void stop(time_point now);
  /// Another node leads: nobody is told anything.
  void resign();

  void tick(time_point now);
  std::optional<time_point> next_wake() const;
  std::vector<corpus_job_effect> take_effects() { return std::exchange(effects_, {}); }

  corpus_phase phase() const noexcept { return phase_; }
  uint64_t epoch() const noexcept { return epoch_; }
  /// The furthest that any rank has come; for people.
  const corpus_progress& progress() const noexcept { return best_; }
  uint32_t ranks() const noexcept { return static_cast<uint32_t>(plan_.ranks.size()); }
  /// Why the last epoch ended; nothing: none has. For people.
  const std::optional<corpus_break>& last_break() const noexcept { return last_break_; }

private:
  struct member {
    group_worker worker;
    uint64_t asked = 0; ///< the order that has no answer; 0: none
    uint64_t seen = 0;  ///< the last order that was answered
    time_point asked_at{};
    time_point due{};
    time_point heard{};
    std::optional<corpus_report> report{}; ///< of this epoch
  };

  // corpus_job_core.cpp: members, orders, time.
  void enter(corpus_phase phase, time_point now);
  void pump(time_point now);
  bool is_addressed(const member& it) const;
  corpus_order order_for(const member& it);
  void check_time(time_point now);
  void check_ranks(time_point now);
  void accept(member& from, const corpus_report& report, time_point now);
  void ask_survey(time_point now);

  // corpus_job_epochs.cpp: from one epoch to the next, to the end.
  void gather(time_point now);
  void try_form(time_point now);
  void form(std::span<const group_worker> promised, time_point now);
  void look_at_loading(time_point now);
  void begin_run(time_point now);
  void look_at_running(time_point now);
  void look_at_keeping(time_point now);
  void ask_checkpoint(time_point now);
  void keep_next(attached_kind kind, time_point now);
  void break_epoch(corpus_break why, time_point now);
  void fail(corpus_break why, time_point now);
  void over(time_point now);
  std::chrono::milliseconds pause_after(uint32_t tries) const;
  bool is_rank(const member& it) const;
  bool tells_end() const;
  template <class Visit> void each_rank(Visit visit);
  bool all_ranks_are(corpus_stage stage) const;
  bool all_have_loaded() const;

  const corpus_job_setup setup_;
  const corpus_job_options options_;
  corpus_phase phase_ = corpus_phase::waiting;
  bool is_embedded_ = false;
  std::map<node_id, member> members_;
  size_t known_ = 0;
  std::vector<corpus_job_effect> effects_;

  regroup epochs_;
  uint64_t epoch_ = 0;
  uint64_t last_number_ = 0; ///< of orders
  uint64_t last_ticket_ = 0;
  bool is_patient_ = false; ///< gathering waits for everybody
  time_point since_{};      ///< this phase began
  time_point until_{};      ///< it is over, where it is bounded

  uint64_t survey_ticket_ = 0; ///< 0: none under way
  time_point survey_at_{};
  std::optional<corpus_survey> survey_;
  rank_plan plan_; ///< of this epoch, then of the one before
  item_gaps gaps_;
  std::string model_version_;
  numeric_class precision_ = numeric_class::fp32; ///< of the vectors

  corpus_progress best_; ///< in any epoch
  uint64_t best_roster_ = 0;
  corpus_progress reached_; ///< in this epoch
  time_point stepped_at_{};
  std::chrono::milliseconds stall_max_{};
  bool is_remembered_ = false;       ///< some rank can go on from a checkpoint in its memory
  uint32_t faults_ = 0, breaks_ = 0; ///< in a row, without a step
  uint32_t waits_ = 0;               ///< breaks in a row before ranks ran
  bool is_released_ = false;         ///< while it pauses: nodes are told to forget their vectors
  std::optional<corpus_break> last_break_;

  std::optional<corpus_keep> keep_; ///< asked of rank keeper_
  uint32_t keeper_ = 0;
  uint32_t keep_tries_ = 0;
  uint32_t generations_ = 0; ///< of this epoch
  attached_kind newest_ = attached_kind::checkpoint_b;
  bool has_checkpoint_ = false; ///< `newest_` is whole
  time_point checkpoint_at_{};
  corpus_progress checkpoint_of_;

  std::optional<corpus_break> failed_;
  uint64_t outcome_ticket_ = 0; ///< 0: nothing is being kept by this node
};

} // namespace weft
