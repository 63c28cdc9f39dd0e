#include "node/service_manager.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

// What arrives at a socket of this name (a leading '@' is an abstract one) when READY is told.
std::string told(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name.front() == '@')
    address.sun_path[0] = '\0';
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  weft::notify_service_manager("READY=1");
  ::unsetenv("NOTIFY_SOCKET");
  std::array<char, 64> text{};
  const auto count = ::recv(socket, text.data(), text.size(), MSG_DONTWAIT);
  ::close(socket);
  return count < 0 ? "" : std::string(text.data(), static_cast<size_t>(count));
}

} // namespace

TEST_CASE("the service manager is told through a path or an abstract socket") {
  const weft::test::temporary_directory folder;
  CHECK(told((folder.path() / "notify").string()) == "READY=1");
  CHECK(told("@weft-test-" + std::to_string(::getpid())) == "READY=1");
}

TEST_CASE("without a service manager nothing happens") {
  ::unsetenv("NOTIFY_SOCKET");
  weft::notify_service_manager("READY=1");
  ::setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
  weft::notify_service_manager("READY=1");
  ::unsetenv("NOTIFY_SOCKET");
}
