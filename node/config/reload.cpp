#include "node/config/reload.hpp"

#include "node/config/schema.hpp"

namespace weft {

config_change plan_reload(const node_config& running, const node_config& wanted) {
  config_change out{.config = running};
  for (const auto& key : config_keys()) {
    const auto is = key.get(running);
    const auto want = key.get(wanted);
    if (is == want)
      continue;
    // Hashes of keys stay out of logs.
    const bool secret = key.section == "auth";
    const std::string line = full_name(key) + (secret ? "" : " = " + to_toml(want) + " (was " + to_toml(is) + ')');
    if (key.needs_restart) {
      out.needs_restart.push_back(line);
    } else {
      key.set(out.config, want);
      out.applied.push_back(line);
    }
  }
  return out;
}

} // namespace weft
