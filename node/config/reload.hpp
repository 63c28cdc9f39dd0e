#pragma once

#include "node/config/config.hpp"

#include <string>
#include <vector>

namespace weft {

/// What a reload comes to: the running configuration with every live key changed, and who waits for a restart.
struct config_change {
  node_config config;
  std::vector<std::string> applied;       ///< "limits.calls_max = 10 (was 8192)"
  std::vector<std::string> needs_restart; ///< likewise; these keep their running value in `config`
};

/// Pure: compares key by key.
config_change plan_reload(const node_config& running, const node_config& wanted);

} // namespace weft
