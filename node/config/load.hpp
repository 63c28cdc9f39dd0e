#pragma once

#include "node/config/config.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft {

/// Where a configuration comes from; later ones override earlier ones.
struct config_sources {
  std::optional<std::filesystem::path> file;
  std::map<std::string, std::string> environment;         ///< all of it; others' variables are ignored
  std::vector<std::pair<std::string, std::string>> flags; ///< {"node.listen", "127.0.0.1:0"}, in order
};

struct loaded_config {
  /// Empty when there are errors.
  std::optional<node_config> config;
  /// One line each: "FILE:LINE: node.lisen is not a key; did you mean node.listen?". All that were found, not one.
  std::vector<std::string> errors;
  /// Worth a look, such as an environment variable that is nearly a key.
  std::vector<std::string> notes;
};

/// Reads and checks everything. Reads the file, changes nothing.
loaded_config load_config(const config_sources& sources);

/// What must hold between keys, such as a certificate and its key. One line an error: "tls.key: is missing: …".
/// environment: where the node's folders are by default.
std::vector<std::string> check_relations(const node_config& config,
                                         const std::map<std::string, std::string>& environment);

/// The environment of this process.
std::map<std::string, std::string> process_environment();

/// The whole configuration as TOML, each key with its meaning; load_config() reads it back.
std::string to_toml(const node_config& config);

} // namespace weft
