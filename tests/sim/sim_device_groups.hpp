#pragma once

#include "tests/runtime/jobs/fake_device_groups.hpp"
#include "tests/sim/jobs_cluster.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>

namespace weft::sim {

/// A jobs_cluster as its device groups see it. A process that stands still is out of reach, but hears what it is told
/// when it wakes.
class jobs_cluster_nodes : public test::device_group_world {
public:
  explicit jobs_cluster_nodes(jobs_cluster& cluster) : cluster_(cluster) {}

  size_t nodes() const final { return cluster_.size(); }
  size_t node_of(node_id id) const final;
  node_id id(size_t node) const final { return cluster_.id(static_cast<uint32_t>(node)); }
  std::optional<boot_epoch> process(size_t node) const final;
  bool reaches(size_t from, size_t to) const final;
  void later(std::chrono::milliseconds after, std::function<void()> what) final;
  void tell(size_t node, std::chrono::milliseconds after, corpus_event event) final;

protected:
  jobs_cluster& cluster_;
};

/// The device groups of a jobs_cluster's nodes, which can fail.
class sim_device_groups : private jobs_cluster_nodes, public test::fake_device_groups {
public:
  explicit sim_device_groups(jobs_cluster& cluster);

  /// From this step on the engines fail each one of this corpus.
  void break_at(job_id job, corpus_step step) { broken_.emplace(job, step); }
  /// By chance: the engines fail a step, a node has no memory for a share.
  void set_faults(double failing, double full);
  /// Steps of this corpus that engines have failed.
  uint32_t engine_failures(job_id job) const;

private:
  double failing_ = 0, full_ = 0;
  std::map<job_id, corpus_step> broken_;
  std::map<job_id, uint32_t> failures_;
};

} // namespace weft::sim
