#pragma once

#include "node/config/config.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace weft {

/// node.data_dir, or its default: /var/lib/weft/NAME for root, else ${XDG_STATE_HOME:-$HOME/.local/state}/weft/NAME.
std::filesystem::path data_directory(const node_config::node_section& node,
                                     const std::map<std::string, std::string>& environment);

} // namespace weft
