#pragma once

#include <cstdint>
#include <string>

namespace weft::test {

/// A TCP port that a node can have again after it has ended: below those that the system gives to connections, one of
/// which would have it meanwhile (also one that looks for the node and meets itself). No other test of this machine has
/// it as long as this lives.
class leased_port {
public:
  leased_port();
  ~leased_port();
  leased_port(const leased_port&) = delete;
  leased_port& operator=(const leased_port&) = delete;

  std::string on(const std::string& host) const { return host + ":" + std::to_string(port_); }

private:
  int file_ = -1; ///< locked: the lease
  uint16_t port_ = 0;
};

} // namespace weft::test
