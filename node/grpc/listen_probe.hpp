#pragma once

#include "runtime/base/result.hpp"

#include <string>

namespace weft {

/// Whether HOST:PORT (or unix:PATH) can be bound now, because gRPC itself only logs why it could not. Port 0 and unix
/// sockets are not tried. Fails with errc::invalid_argument (not an address) or errc::unavailable (in use, no
/// permission, not an address of this machine); the message names the address and the reason.
status probe_listen(const std::string& address);

} // namespace weft
