#pragma once

#include "runtime/membership/membership_core.hpp"

#include <prometheus/collectable.h>

#include <mutex>
#include <optional>
#include <vector>

namespace weft {

/// What the failure detector counts, as it said last; nothing before that. Thread-safe; set() never waits for a scrape
/// longer than it takes to copy.
class membership_collector final : public prometheus::Collectable {
public:
  void set(const membership_figures& figures);
  std::vector<prometheus::MetricFamily> Collect() const override;

private:
  mutable std::mutex mutex_;
  std::optional<membership_figures> figures_;
};

} // namespace weft
