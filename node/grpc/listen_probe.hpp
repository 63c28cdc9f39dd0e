#pragma once

#include "runtime/base/result.hpp"

#include <span>
#include <string>

namespace weft {

/// Whether HOST:PORT (or unix:PATH) can be bound now, because gRPC itself only logs why it could not. Port 0 and unix
/// sockets are not tried. Fails with errc::invalid_argument (not an address) or errc::unavailable (in use, no
/// permission, not an address of this machine); the message names the address and the reason.
status probe_listen(const std::string& address);

/// What stands against listening on a name, given what bind() said of each of its addresses (0 or errno); 0 for
/// nothing. A machine need not have all of them (::1 where IPv6 is off), and gRPC serves those it has; but half of a
/// name must not belong to another process.
int why_not_listen(std::span<const int> errors);

} // namespace weft
