#pragma once

#include "runtime/jobs/jobs_core.hpp"
#include "runtime/ports/job_log.hpp"

#include <prometheus/collectable.h>

#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace weft {

/// What is counted about jobs; empty where none are kept. Thread-safe.
using jobs_look = std::function<std::optional<std::pair<jobs_counters, job_log_counters>>()>;

/// Metrics of the jobs that this node keeps. Thread-safe.
class jobs_collector final : public prometheus::Collectable {
public:
  explicit jobs_collector(jobs_look look) : look_(std::move(look)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

private:
  jobs_look look_;
};

} // namespace weft
