#pragma once

#include "runtime/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

/// HOST:PORT, taken apart. IPv6 is written [::1]:7700.
struct network_address {
  std::string host; ///< without brackets
  uint16_t port = 0;
};

/// Fails with errc::invalid_argument and a message that begins with "must be".
result<network_address> parse_address(std::string_view text);

/// The address with another port: what a listener on port 0 is known as. REQUIRES: a colon in `address`.
std::string with_port(std::string_view address, uint16_t port);

/// True when only this machine can reach it: 127.0.0.0/8, ::1, localhost.
bool is_loopback(const network_address& address) noexcept;

} // namespace weft
