#pragma once

#include "runtime/jobs/corpus_effects.hpp"
#include "tests/runtime/corpus_job/fake_rank_groups.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace weft::test {

/// The nodes of jobs cores, by index, as fake_device_groups sees them.
class device_group_world {
public:
  virtual ~device_group_world() = default;

  virtual size_t nodes() const = 0;
  virtual size_t node_of(node_id id) const = 0;
  /// The process that is there; nothing: none is.
  virtual std::optional<boot_epoch> process(size_t node) const = 0;
  virtual node_id id(size_t node) const = 0;
  virtual bool reaches(size_t from, size_t to) const = 0;
  virtual void later(std::chrono::milliseconds after, std::function<void()> what) = 0;
  /// To the process that is there now, unless another one is then.
  virtual void tell(size_t node, std::chrono::milliseconds after, corpus_event event) = 0;
};

/// The nodes' device groups, in the virtual time of their jobs: vectors in memory and, of fake_rank_groups, ranks. What
/// a process had in memory is gone with it.
class fake_device_groups : private rank_world {
public:
  explicit fake_device_groups(device_group_world& world) : world_(world), processes_(world.nodes()), groups_(*this) {}
  fake_device_groups(const fake_device_groups&) = delete;

  /// REQUIRES: the node is up.
  void perform(size_t node, corpus_effect& effect);

  uint32_t steps() const noexcept { return groups_.steps(); }
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
  /// Whether the engines fail, with engine_failed, what comes next; empty: never.
  std::function<bool(job_id job, corpus_step next)> engine_fails;
  /// Whether a node has no memory for what is planned; empty: it has.
  std::function<bool(size_t node)> is_full;

private:
  struct segment_in_memory {
    uint64_t first_item = 0;
    segment_results results;
  };
  struct corpus_in_memory {
    uint64_t roster = 0;
    std::map<std::pair<uint32_t, uint64_t>, segment_in_memory> segments; ///< by index and hash
    std::map<uint64_t, corpus_load> loads;                               ///< by epoch
    std::optional<corpus_checkpoint> checkpoint;
    std::optional<corpus_result> outcome;

    bool has(const planned_segment& wanted) const { return segments.contains({wanted.segment, wanted.hash}); }
    bool has(const std::vector<planned_segment>& share) const;
  };
  struct process_memory {
    boot_epoch boot{};
    std::map<job_id, corpus_in_memory> corpora;
  };

  process_memory& at(size_t node);
  corpus_in_memory* find(size_t node, job_id job);
  group_worker rank_on(size_t node) const;

  void perform(size_t node, plan_corpus& what);
  void perform(size_t node, feed_corpus& what);
  status feed(corpus_in_memory* corpus, const feed_corpus& what);
  void perform(size_t node, seal_corpus& what);
  result<corpus_loaded> seal(corpus_in_memory* corpus, const seal_corpus& what) const;
  void perform(size_t node, start_corpus& what) { groups_.start(rank_on(node), what); }
  void perform(size_t node, stop_corpus& what) { groups_.stop(rank_on(node), what.job, what.epoch); }
  void perform(size_t node, encode_corpus& what);
  void perform(size_t node, forget_corpus& what);
  void perform(size_t node, search_corpus_share& what);
  corpus_rows rows_of(const corpus_in_memory& corpus, const std::vector<planned_segment>& share) const;

  bool is_there(const group_worker& rank) const override;
  bool reaches(const group_worker& from, const group_worker& to) const override;
  void later(std::chrono::milliseconds after, std::function<void()> what) override;
  std::chrono::milliseconds step_takes() override { return step_time; }
  std::optional<corpus_run_setup> begin(const group_worker& rank, job_id job, uint64_t epoch) override;
  std::optional<failure> fault(job_id job, const corpus_run& run) override;
  void stepped(const group_worker& rank, job_id job, uint64_t epoch, const corpus_run& run) override;
  void failed(const group_worker& rank, job_id job, uint64_t epoch, const failure& why) override;

  device_group_world& world_;
  std::vector<process_memory> processes_;
  fake_rank_groups groups_;
  std::set<size_t> hung_;
  uint64_t segments_fed_ = 0;
  uint64_t largest_feed_ = 0;
};

} // namespace weft::test
