#pragma once

#include "node/command_line.hpp"
#include "node/exit_code.hpp"

namespace weft {

/// Runs a node until a signal or a fault ends it.
exit_code serve(const serve_command& command);

/// Prints a new key once, and the line with its hash for auth.api_keys.
exit_code make_key(const make_api_key_command& command);

} // namespace weft
