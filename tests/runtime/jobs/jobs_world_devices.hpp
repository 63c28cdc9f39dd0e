#pragma once

#include "tests/runtime/jobs/fake_corpus.hpp"
#include "tests/runtime/jobs/fake_device_groups.hpp"
#include "tests/support/jobs_world.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace weft::test {

/// A jobs_world as its device groups see it.
class jobs_world_nodes : public device_group_world {
public:
  explicit jobs_world_nodes(jobs_world& world) : jobs_(world) {}

  size_t nodes() const final { return jobs_.size(); }
  size_t node_of(node_id id) const final { return static_cast<size_t>(id) - 1; }
  node_id id(size_t node) const final { return jobs_.at(node).id; }
  std::optional<boot_epoch> process(size_t node) const final {
    const auto& host = jobs_.at(node);
    return host.up ? std::optional{boot_epoch{host.epoch}} : std::nullopt;
  }
  bool reaches(size_t from, size_t to) const final { return jobs_.reaches(from, to); }
  void later(std::chrono::milliseconds after, std::function<void()> what) final { jobs_.later(after, std::move(what)); }
  void tell(size_t node, std::chrono::milliseconds after, corpus_event event) final {
    jobs_.tell_corpus(node, after, std::move(event));
  }

private:
  jobs_world& jobs_;
};

/// The device groups of a jobs_world's nodes, and engines that make vectors.
class jobs_world_devices : private jobs_world_nodes, public fake_device_groups {
public:
  explicit jobs_world_devices(jobs_world& world)
      : jobs_world_nodes(world), fake_device_groups(static_cast<jobs_world_nodes&>(*this)) {
    world.tell_members(); // each node's boot, as it is once all have started
    world.corpora = [this](size_t node, corpus_effect& effect) { perform(node, effect); };
    world.engine = [](size_t, const segment_texts& work, const std::vector<uint32_t>& items) -> run_outcome {
      segment_results out;
      out.model = "mini";
      out.model_version = "1";
      for (const auto item : items)
        out.items.push_back(corpus_item(work.texts.at(item)));
      return out;
    };
  }
};

} // namespace weft::test
