#pragma once

#include "node/config/config.hpp"
#include "node/devices/device_model.hpp"
#include "node/logging/node_log.hpp"
#include "node/metrics/node_meter.hpp"

#include <filesystem>
#include <memory>

namespace weft {

/// Looks for the devices of this machine, as [devices] and model.precision say. What there is, or why there is
/// nothing, is one line in the log; a device that is lost later is one more, and a metric. Never fails: the CPU can
/// serve. Called once a process, before the models are opened.
/// data: where plans for matrix products are kept.
device_use open_devices(const node_config& config, const std::filesystem::path& data,
                        const std::shared_ptr<node_log>& log, const std::shared_ptr<node_meter>& meter);

} // namespace weft
