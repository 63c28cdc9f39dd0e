#pragma once

#include <string_view>

namespace weft {

/// Tells systemd (Type=notify) what the process is doing: "READY=1", "RELOADING=1", "STOPPING=1". Does nothing where
/// NOTIFY_SOCKET is not set; errors are ignored, as sd_notify(3) advises.
void notify_service_manager(std::string_view state) noexcept;

} // namespace weft
