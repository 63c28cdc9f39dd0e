#pragma once

#include "runtime/corpus/corpus_run.hpp"
#include "runtime/corpus_job/corpus_member_core.hpp"
#include "tests/support/fiber_ranks.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

namespace weft::test {

/// What one rank makes of a corpus, without any fault; or why that cannot be.
result<corpus_result> run_alone(corpus_run_setup setup);

/// The world in which fake_rank_groups has its ranks.
class rank_world {
public:
  virtual ~rank_world() = default;

  /// This process of the node is there.
  virtual bool is_there(const group_worker& rank) const = 0;
  virtual bool reaches(const group_worker& from, const group_worker& to) const = 0;
  virtual void later(std::chrono::milliseconds after, std::function<void()> what) = 0;
  /// Of the next step of some group.
  virtual std::chrono::milliseconds step_takes() = 0;
  /// What a rank that is there begins with; nothing: it has no vectors.
  virtual std::optional<corpus_run_setup> begin(const group_worker& rank, job_id job, uint64_t epoch) = 0;
  /// Why the engines fail the next step of this run.
  virtual std::optional<failure> fault(job_id job, const corpus_run& run) = 0;

  /// A rank has made a step; where nothing comes next it has the outcome.
  virtual void stepped(const group_worker& rank, job_id job, uint64_t epoch, const corpus_run& run) = 0;
  /// To a rank that is there: its part has ended.
  virtual void failed(const group_worker& rank, job_id job, uint64_t epoch, const failure& why) = 0;
};

/// Communicators of ranks and what they work: real steps of corpus_run, of all ranks of a group at once. A group that
/// does not come together within 2 s fails; so does one in which a process goes, is stopped or is out of the first
/// one's reach. In the virtual time of its world.
class fake_rank_groups {
public:
  explicit fake_rank_groups(rank_world& world) : world_(world) {}

  void start(const group_worker& rank, const start_corpus& what);
  void stop(const group_worker& rank, job_id job, uint64_t epoch);
  /// All epochs: it has no vectors any more.
  void forget(const group_worker& rank, job_id job);

  uint32_t steps() const noexcept { return steps_; } ///< of all groups

private:
  struct group_key { ///< epochs alone are forgotten with all processes
    job_id job;
    group_formation formation;
    bool operator<(const group_key& other) const {
      return std::tie(job, formation.epoch, formation.ranks) <
             std::tie(other.job, other.formation.epoch, other.formation.ranks);
    }
  };
  struct group_run {
    std::set<group_worker> started, stopped;
    std::unique_ptr<fiber_ranks> ranks; ///< none: not begun, or over
    std::vector<std::unique_ptr<corpus_run>> runs;
    bool is_over = false;

    void end();
  };

  void begin(const group_key& key);
  void step(const group_key& key);
  void fail(const group_key& key, const failure& why);

  rank_world& world_;
  std::map<group_key, group_run> groups_;
  uint32_t steps_ = 0;
};

} // namespace weft::test
