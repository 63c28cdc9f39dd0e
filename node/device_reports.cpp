#include "node/device_reports.hpp"

#include "node/nvml/device_watch.hpp"
#include "node/nvml/nvml_monitor.hpp"

#include <utility>

namespace weft {
namespace {

std::shared_ptr<device_watch> watch(const device_board& board, const std::shared_ptr<node_log>& log,
                                    const std::string& file) {
  device_watch_options options{.open = [file] { return open_nvml(file); },
                               .told =
                                   [log](const std::string& why) {
                                     log->write(log_level::debug, "devices", "NVML has no figures", {{"reason", why}});
                                   }};
  for (const auto& one : board.devices())
    options.pci_bus_ids.push_back(one.device.pci_bus_id);
  return std::make_shared<device_watch>(std::move(options));
}

} // namespace

devices_look report_devices(const std::shared_ptr<device_board>& board, const std::shared_ptr<node_log>& log,
                            const std::string& nvml) {
  if (!board || board->devices().empty())
    return [] { return std::vector<device_report>{}; };
  return [board, watch = watch(*board, log, nvml.empty() ? nvml_file : nvml)] {
    std::vector<device_report> out;
    const auto devices = board->devices();
    const auto figures = watch->latest();
    for (size_t i = 0; i < devices.size(); ++i)
      out.push_back({.device = "cuda:" + std::to_string(devices[i].device.index), // as engines call it
                     .name = devices[i].device.name,
                     .memory_bytes = devices[i].device.memory_bytes,
                     .usable = devices[i].usable,
                     .problem = devices[i].problem,
                     .engines = devices[i].engines,
                     .figures = figures[i]});
    return out;
  };
}

} // namespace weft
