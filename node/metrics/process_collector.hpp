#pragma once

#include <prometheus/collectable.h>

#include <vector>

namespace weft {

/// What the kernel says of this process, under the names that Prometheus clients share: process_cpu_seconds_total,
/// process_resident_memory_bytes, process_open_fds, … Reads /proc/self at every scrape; what cannot be read is absent.
class process_collector final : public prometheus::Collectable {
public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

} // namespace weft
