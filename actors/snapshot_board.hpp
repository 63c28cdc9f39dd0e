#pragma once

#include "runtime/ports/node_view.hpp"

#include <atomic>
#include <memory>
#include <utility>

namespace weft {

/// Where the monitor hangs the latest snapshot for everybody to read.
class snapshot_board final : public node_view {
public:
  explicit snapshot_board(node_snapshot first) { publish(std::move(first)); }

  void publish(node_snapshot next) { latest_.store(std::make_shared<const node_snapshot>(std::move(next))); }
  std::shared_ptr<const node_snapshot> snapshot() const override { return latest_.load(); }

private:
  std::atomic<std::shared_ptr<const node_snapshot>> latest_;
};

} // namespace weft
