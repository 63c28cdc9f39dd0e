#include "node/grpc/listen_probe.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace weft {
namespace {

struct descriptor {
  int number;
  ~descriptor() {
    if (number >= 0)
      ::close(number);
  }
};

/// 0, or the errno that binding and listening gave.
int try_bind(const addrinfo& target) {
  const descriptor socket{::socket(target.ai_family, target.ai_socktype, target.ai_protocol)};
  if (socket.number < 0)
    return errno;
  const int on = 1; // as gRPC does: connections of a former process in TIME_WAIT do not count
  ::setsockopt(socket.number, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.number, target.ai_addr, target.ai_addrlen) != 0 || ::listen(socket.number, 1) != 0)
    return errno;
  return 0;
}

failure invalid(const std::string& address, std::string_view why) {
  return {errc::invalid_argument, "listen address '" + address + "': " + std::string(why)};
}

} // namespace

status probe_listen(const std::string& address) {
  if (address.starts_with("unix:"))
    return ok;
  const auto colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == address.size())
    return invalid(address, "is not of the form HOST:PORT");
  const auto port = address.substr(colon + 1);
  auto host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  if (port.find_first_not_of("0123456789") != std::string::npos || port.size() > 5 || std::stoul(port) > 65'535)
    return invalid(address, "the port must be a number from 0 to 65535");

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0)
    return invalid(address, ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  if (std::stoul(port) == 0)
    return ok;
  std::vector<int> errors;
  for (const auto* target = found; target != nullptr; target = target->ai_next)
    errors.push_back(try_bind(*target));
  if (const int error = why_not_listen(errors); error != 0)
    return failure{errc::unavailable, "cannot listen on " + address + ": " + std::strerror(error)};
  return ok;
}

int why_not_listen(std::span<const int> errors) {
  int refused = 0;
  bool bound = false;
  for (const int error : errors) {
    bound = bound || error == 0;
    if (refused == 0 || error == EADDRINUSE)
      refused = error;
  }
  return bound && refused != EADDRINUSE ? 0 : refused;
}

} // namespace weft
