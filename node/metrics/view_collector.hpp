#pragma once

#include "runtime/ports/node_view.hpp"

#include <prometheus/collectable.h>

#include <memory>
#include <vector>

namespace weft {

/// Gauges of the node's latest snapshot (at most half a second old). Thread-safe.
class view_collector final : public prometheus::Collectable {
public:
  explicit view_collector(std::shared_ptr<const node_view> view) : view_(std::move(view)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

private:
  std::shared_ptr<const node_view> view_;
};

} // namespace weft
