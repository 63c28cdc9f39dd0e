#include "tests/cluster/leased_port.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weft::test {

namespace {

constexpr uint16_t first_port = 12'000, ports = 18'000;

/// Whether nobody else on this machine listens there.
bool is_free(uint16_t port) {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(probe >= 0);
  const int on = 1;
  ::setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  const bool bound = ::bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(probe);
  return bound;
}

} // namespace

leased_port::leased_port() {
  const auto folder = std::filesystem::temp_directory_path() / ("weft-test-ports-" + std::to_string(::getuid()));
  std::filesystem::create_directories(folder);
  for (uint32_t i = 0; i < ports; ++i) {
    port_ = static_cast<uint16_t>(first_port + i);
    file_ = ::open((folder / std::to_string(port_)).c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    REQUIRE(file_ >= 0);
    if (::flock(file_, LOCK_EX | LOCK_NB) == 0 && is_free(port_))
      return;
    ::close(file_);
  }
  FAIL("no port from " << first_port << " on is free");
}

leased_port::~leased_port() {
  ::close(file_); // the file stays: whoever has opened it meanwhile must meet the next one there
}

} // namespace weft::test
