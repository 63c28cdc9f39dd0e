#pragma once

#include "actors/device_group_board.hpp"

#include <prometheus/collectable.h>

#include <functional>
#include <vector>

namespace weft {

/// What is counted of this node's part in corpora. Thread-safe.
using corpora_look = std::function<corpora_counters()>;

/// Metrics of vectors in memory, epochs and searches. Thread-safe.
class corpora_collector final : public prometheus::Collectable {
public:
  explicit corpora_collector(corpora_look look) : look_(std::move(look)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

private:
  corpora_look look_;
};

} // namespace weft
