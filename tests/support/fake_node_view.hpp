#pragma once

#include "runtime/ports/node_view.hpp"

#include <mutex>

namespace weft::test {

/// A serving node with one ready model, "fake-model", and one pool.
inline node_snapshot fake_snapshot() {
  node_snapshot out;
  out.name = "n1";
  out.version = "0.1.0";
  out.state = node_state::serving;
  out.started = time_point(std::chrono::seconds(100));
  out.taken = time_point(std::chrono::seconds(142));
  out.calls_in_flight = 3;
  out.calls_done = 1'000;
  out.calls_refused = 7;
  out.models.push_back({.info = {.name = "fake-model",
                                 .version = "0123456789ab",
                                 .precision = numeric_class::bf16,
                                 .dimensions = 384,
                                 .tokens_max = 256,
                                 .weights_bytes = 90'000'000},
                        .state = model_state::ready,
                        .problem = ""});
  out.pools.push_back({.name = "default", .model = "fake-model", .workers = 2, .workers_min = 1, .workers_max = 4});
  return out;
}

/// A view whose snapshot the test sets. Thread-safe.
class fake_node_view final : public node_view {
public:
  std::shared_ptr<const node_snapshot> snapshot() const override {
    const std::lock_guard hold(mutex_);
    return snapshot_;
  }
  void set(node_snapshot next) {
    const std::lock_guard hold(mutex_);
    snapshot_ = std::make_shared<const node_snapshot>(std::move(next));
  }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const node_snapshot> snapshot_ = std::make_shared<const node_snapshot>(fake_snapshot());
};

} // namespace weft::test
