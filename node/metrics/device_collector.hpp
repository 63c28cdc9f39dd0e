#pragma once

#include "runtime/ports/device_monitor.hpp"

#include <prometheus/collectable.h>

#include <functional>
#include <utility>
#include <vector>

namespace weft {

/// The devices of this node and how they were when last looked at. Thread-safe; never waits for a driver.
using devices_look = std::function<std::vector<device_report>()>;

/// Utilization, memory and temperature of the devices; what is not known of one is absent. Thread-safe.
class device_collector final : public prometheus::Collectable {
public:
  explicit device_collector(devices_look look) : look_(std::move(look)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

private:
  devices_look look_;
};

} // namespace weft
