#include "node/config/data_directory.hpp"

#include <unistd.h>

namespace weft {

std::filesystem::path data_directory(const node_config::node_section& node,
                                     const std::map<std::string, std::string>& environment) {
  if (!node.data_dir.empty())
    return node.data_dir;
  const auto variable = [&](const char* name) {
    const auto at = environment.find(name);
    return at == environment.end() ? std::string{} : at->second;
  };
  if (::geteuid() == 0)
    return std::filesystem::path{"/var/lib/weft"} / node.name;
  const auto state = variable("XDG_STATE_HOME");
  const std::filesystem::path base =
      state.empty() ? std::filesystem::path{variable("HOME")} / ".local/state" : std::filesystem::path{state};
  return base / "weft" / node.name;
}

} // namespace weft
