#pragma once

#include <arpa/inet.h>
#include <cstdint>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace weft::test {

/// A blocking connection to a port of this machine. Reads end after a minute, so that what would hang fails.
class tcp_client {
public:
  explicit tcp_client(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{60, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect to port " + std::to_string(port));
  }
  tcp_client(tcp_client&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  ~tcp_client() {
    if (socket_ >= 0)
      ::close(socket_);
  }

  void send(std::string_view bytes) const { ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

  /// What comes until the other side closes, or until `stop` is in it.
  std::string receive(std::string_view stop = "") const {
    std::string out;
    char chunk[4'096];
    while (stop.empty() || out.find(stop) == std::string::npos) {
      const auto count = ::recv(socket_, chunk, sizeof chunk, 0);
      if (count <= 0)
        break;
      out.append(chunk, static_cast<size_t>(count));
    }
    return out;
  }

private:
  int socket_;
};

/// The whole answer to one request on a connection of its own: status line, header and body.
inline std::string http_exchange(uint16_t port, std::string_view request) {
  const tcp_client client{port};
  client.send(request);
  return client.receive();
}

inline std::string http_get(uint16_t port, std::string_view path) {
  return http_exchange(port, "GET " + std::string{path} + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
}

} // namespace weft::test
