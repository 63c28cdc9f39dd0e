#pragma once

#include "node/config/schema.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace weft {

struct toml_entry {
  std::string name; ///< "node.listen"
  config_value value;
  uint32_t line = 0; ///< of the key, from 1
};

struct toml_content {
  std::vector<toml_entry> entries; ///< in the order of the file
  std::vector<std::string> errors; ///< "FILE:LINE: …"
};

/// Reads a TOML file of [section] tables with flat values. The only place that sees toml++.
toml_content read_toml(const std::filesystem::path& path);

} // namespace weft
