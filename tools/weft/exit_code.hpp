#pragma once

namespace weft::cli {

/// What a script can rely on; `weft --help` lists them.
enum class exit_code : int {
  ok = 0,
  failed = 1,      ///< the work, or a part of it, failed
  usage = 2,       ///< the command line is wrong; nothing was sent
  unreachable = 3, ///< no endpoint could be reached
  unhealthy = 4,   ///< a node answered that it is not serving
  denied = 5,      ///< the API key or certificate is missing or not allowed to do this
  timed_out = 6,   ///< --timeout passed, or a node stopped answering
  overloaded = 7,  ///< the node refused because it has too much to do
};

} // namespace weft::cli
