#include "node/config/api_key_entry.hpp"
#include "node/grpc/authentication.hpp"
#include "node/weftd.hpp"

#include <cstdio>
#include <iostream>

namespace weft {

exit_code make_key(const make_api_key_command& command) {
  const auto key = make_api_key();
  const auto line = to_line({.name = command.name,
                             .role = command.role == "operator" ? role::operator_ : role::client,
                             .hash = hash_api_key(key),
                             .tenant = command.tenant.empty() ? command.name : command.tenant});
  if (const auto entry = parse_api_key_entry(line); !entry) {
    std::cerr << "weftd: " << entry.error().message << '\n';
    return exit_code::usage;
  }
  std::cout << "key, shown this once:   " << key << "\nline for auth.api_keys: \"" << line << "\"\n";
  return std::cout.flush() ? exit_code::success : exit_code::failed;
}

} // namespace weft
