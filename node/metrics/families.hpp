#pragma once

#include <prometheus/metric_family.h>

#include <initializer_list>
#include <string>
#include <utility>

namespace weft {

/// A family of gauges that is made anew at every scrape.
inline prometheus::MetricFamily gauge_family(std::string name, std::string help) {
  return {std::move(name), std::move(help), prometheus::MetricType::Gauge, {}};
}

inline prometheus::MetricFamily counter_family(std::string name, std::string help) {
  return {std::move(name), std::move(help), prometheus::MetricType::Counter, {}};
}

/// Appends one series; `labels` as {{"pool", "default"}}.
inline void add_series(prometheus::MetricFamily& family, double value,
                       std::initializer_list<std::pair<const char*, std::string>> labels = {}) {
  prometheus::ClientMetric series;
  for (const auto& [name, label] : labels)
    series.label.push_back({name, label});
  if (family.type == prometheus::MetricType::Counter)
    series.counter.value = value;
  else
    series.gauge.value = value;
  family.metric.push_back(std::move(series));
}

} // namespace weft
