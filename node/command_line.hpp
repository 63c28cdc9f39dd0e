#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace weft {

/// `weftd [--config FILE] …`
struct serve_command {
  std::optional<std::filesystem::path> config;
  std::vector<std::pair<std::string, std::string>> overrides; ///< {"node.listen", "…"}
  bool check_config = false;
};

/// `weftd make-api-key --name N --role R`
struct make_api_key_command {
  std::string name;
  std::string role;
  std::string tenant; ///< "": the name
};

/// Nothing to run: help, version, or a wrong flag. `text` goes to standard output when code is 0, else to standard
/// error.
struct print_command {
  int code = 0;
  std::string text;
};

using parsed_command = std::variant<serve_command, make_api_key_command, print_command>;

/// Pure: reads the arguments, starts nothing.
parsed_command parse_command_line(int argc, const char* const* argv);

} // namespace weft
