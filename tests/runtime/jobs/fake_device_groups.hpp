#pragma once

#include "runtime/corpus/corpus_run.hpp"
#include "tests/support/jobs_world.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace weft::test {

/// What came of a text of a corpus on every engine: a fixed function of it, 8 numbers of length 1 around one of five
/// topics. A text that begins with "bad" has no vector.
item_outcome corpus_item(const std::string& text);

/// Small rounds, so that there are several.
corpus_run_setup small_run(corpus_rows rows, const corpus_options& options);

/// The nodes' device groups, in the virtual time of their jobs: vectors in memory, ranks that make real steps of
/// corpus_run, each on its own thread, a step of all of a group at once. What a process had in memory is gone with it.
class fake_device_groups {
public:
  explicit fake_device_groups(jobs_world& world);

  uint32_t steps() const noexcept { return steps_; }
  uint64_t segments_fed() const noexcept { return segments_fed_; }
  uint64_t largest_feed() const noexcept { return largest_feed_; } ///< bytes of bodies at once
  /// Corpora that processes which are up have in memory.
  size_t remembered() const;

  /// From now on no epoch begins on a node, or again.
  void hang(size_t node);
  void come_back(size_t node);

  std::chrono::milliseconds step_time{50};
  std::chrono::milliseconds feed_time{10};
  std::chrono::milliseconds search_time{30};
  std::optional<corpus_step> engine_fails_at; ///< with engine_failed, each time

private:
  struct segment_in_memory {
    uint64_t hash = 0;
    uint64_t first_item = 0;
    segment_results results;
  };
  struct corpus_in_memory {
    uint64_t roster = 0;
    std::map<uint32_t, segment_in_memory> segments;
    std::map<uint64_t, corpus_load> loads; ///< by epoch
    std::optional<corpus_checkpoint> checkpoint;
    std::optional<corpus_result> outcome;
  };
  struct process {
    uint64_t epoch = 0;
    std::map<job_id, corpus_in_memory> corpora;
  };
  struct group_key {
    job_id job;
    group_formation formation;
    bool operator<(const group_key& other) const {
      return std::tie(job, formation.epoch, formation.ranks) <
             std::tie(other.job, other.formation.epoch, other.formation.ranks);
    }
  };
  struct group_run {
    std::set<size_t> started, stopped;
    std::vector<std::unique_ptr<collective>> ends;
    std::vector<std::unique_ptr<corpus_run>> runs;
    bool is_over = false;
  };

  process& at(size_t node);
  corpus_in_memory* find(size_t node, job_id job);
  void perform(size_t node, plan_corpus& what);
  void perform(size_t node, feed_corpus& what);
  void perform(size_t node, seal_corpus& what);
  void perform(size_t node, start_corpus& what);
  void perform(size_t node, stop_corpus& what);
  void perform(size_t node, encode_corpus& what);
  void perform(size_t node, forget_corpus& what);
  void perform(size_t node, search_corpus_share& what);

  corpus_rows rows_of(const corpus_in_memory& corpus, const std::vector<planned_segment>& share) const;
  bool is_there(const group_worker& rank) const;
  void begin_group(const group_key& key);
  void step_group(const group_key& key);
  void fail_group(const group_key& key, const failure& why);

  jobs_world& world_;
  std::vector<process> processes_;
  std::map<group_key, group_run> groups_;
  std::set<size_t> hung_;
  uint32_t steps_ = 0;
  uint64_t segments_fed_ = 0;
  uint64_t largest_feed_ = 0;
};

} // namespace weft::test
