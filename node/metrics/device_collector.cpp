#include "node/metrics/device_collector.hpp"

#include "node/metrics/families.hpp"

#include <optional>

namespace weft {
namespace {

using family = prometheus::MetricFamily;

std::optional<double> as_number(const std::optional<uint64_t>& value) {
  return value ? std::optional{static_cast<double>(*value)} : std::nullopt;
}

struct gauge {
  const char* name;
  const char* help;
  std::optional<double> (*value)(const device_figures&);
};

constexpr gauge gauges[] = {
    {"weft_device_utilization_ratio", "Share of the last moment in which the device computed, 0 to 1.",
     [](const device_figures& f) { return f.utilization; }},
    {"weft_device_memory_used_bytes", "Memory of the device that processes have, this one and others.",
     [](const device_figures& f) { return as_number(f.memory_used_bytes); }},
    {"weft_device_memory_bytes", "Memory of the device.",
     [](const device_figures& f) { return as_number(f.memory_bytes); }},
    {"weft_device_temperature_celsius", "Temperature of the device.",
     [](const device_figures& f) { return f.temperature_celsius; }},
};

} // namespace

std::vector<family> device_collector::Collect() const {
  const auto devices = look_();
  std::vector<family> out;
  for (const auto& g : gauges) {
    auto made = gauge_family(g.name, g.help);
    for (const auto& one : devices)
      if (const auto value = g.value(one.figures))
        add_series(made, *value, {{"device", one.device}, {"name", one.name}});
    if (!made.metric.empty())
      out.push_back(std::move(made));
  }
  return out;
}

} // namespace weft
