#pragma once

#include "runtime/ports/node_view.hpp"

#include <memory>
#include <mutex>
#include <utility>

namespace weft {

/// Where the monitor hangs the latest snapshot for everybody to read. Thread-safe; the lock is held for the copy of one
/// pointer. (g++ 12's std::atomic<std::shared_ptr> lets go of its own lock without a release in load(): ThreadSanitizer
/// is right to call that a race.)
class snapshot_board final : public node_view {
public:
  explicit snapshot_board(node_snapshot first) { publish(std::move(first)); }

  /// The members stay those of set_members().
  void publish(node_snapshot next) {
    auto made = std::make_shared<node_snapshot>(std::move(next));
    const std::lock_guard hold(mutex_);
    made->cluster = members_;
    latest_ = std::move(made);
  }
  void set_members(cluster_view_ptr members) {
    const std::lock_guard hold(mutex_);
    members_ = std::move(members);
    auto made = std::make_shared<node_snapshot>(*latest_);
    made->cluster = members_;
    latest_ = std::move(made);
  }
  std::shared_ptr<const node_snapshot> snapshot() const override {
    const std::lock_guard hold(mutex_);
    return latest_;
  }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const node_snapshot> latest_;
  cluster_view_ptr members_;
};

} // namespace weft
