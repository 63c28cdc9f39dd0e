#include "tests/sim/sim_device_groups.hpp"

#include "runtime/base/assert.hpp"

#include <utility>

namespace weft::sim {

size_t jobs_cluster_nodes::node_of(node_id id) const {
  uint32_t node = 0;
  while (cluster_.id(node) != id) {
    ++node;
    WEFT_ASSERT(node < cluster_.size());
  }
  return node;
}

std::optional<boot_epoch> jobs_cluster_nodes::process(size_t node) const {
  const auto index = static_cast<uint32_t>(node);
  return cluster_.up(index) ? std::optional{cluster_.boot(index)} : std::nullopt;
}

bool jobs_cluster_nodes::reaches(size_t from, size_t to) const {
  return cluster_.connected(static_cast<uint32_t>(from), static_cast<uint32_t>(to));
}

void jobs_cluster_nodes::later(std::chrono::milliseconds after, std::function<void()> what) {
  cluster_.later(after, std::move(what));
}

void jobs_cluster_nodes::tell(size_t node, std::chrono::milliseconds after, corpus_event event) {
  cluster_.call(static_cast<uint32_t>(node), after,
                [event = std::move(event)](jobs_core& core, job_time now) { core.corpus(event, now); });
}

sim_device_groups::sim_device_groups(jobs_cluster& cluster)
    : jobs_cluster_nodes(cluster), fake_device_groups(static_cast<jobs_cluster_nodes&>(*this)) {
  cluster.on_corpus_effect([this](uint32_t node, corpus_effect& effect) { perform(node, effect); });
  engine_fails = [this](job_id job, corpus_step next) {
    const auto broken = broken_.find(job);
    const bool fails = (broken != broken_.end() && next >= broken->second) ||
                       (failing_ > 0 && cluster_.world().random().chance(failing_));
    failures_[job] += fails;
    return fails;
  };
  is_full = [this](size_t) { return full_ > 0 && cluster_.world().random().chance(full_); };
}

void sim_device_groups::set_faults(double failing, double full) {
  failing_ = failing;
  full_ = full;
}

uint32_t sim_device_groups::engine_failures(job_id job) const {
  const auto found = failures_.find(job);
  return found == failures_.end() ? 0 : found->second;
}

} // namespace weft::sim
