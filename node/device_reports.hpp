#pragma once

#include "node/devices/device_board.hpp"
#include "node/logging/node_log.hpp"
#include "node/metrics/device_collector.hpp"

#include <functional>
#include <memory>
#include <string>

namespace weft {

/// Begins to look at the devices of a board with NVML, and answers from then on what is known of them: whether they
/// are used, and how they were when last looked at. Without NVML there are no figures, and one debug line; without
/// devices (null, or an empty board) nothing is loaded. The answer may be asked on any thread and keeps the watch
/// alive. nvml: the library; "" is that of the driver.
devices_look report_devices(const std::shared_ptr<device_board>& board, const std::shared_ptr<node_log>& log,
                            const std::string& nvml = {});

} // namespace weft
