#include "node/peer/connection_looker.hpp"

#include "node/config/address.hpp"
#include "runtime/base/assert.hpp"
#include "runtime/base/time.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <mutex>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace weft {
namespace {

struct wish {
  node_id node{};
  std::string address;
};

struct attempt {
  node_id node{};
  int socket = -1;
  time_point until{};
};

time_point now() {
  return std::chrono::steady_clock::now();
}

struct free_addresses {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};
using addresses = std::unique_ptr<addrinfo, free_addresses>;

/// Null: no such machine.
addresses resolve(const std::string& text) {
  addrinfo* found = nullptr;
  const auto address = parse_address(text);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  if (!address || ::getaddrinfo(address->host.c_str(), std::to_string(address->port).c_str(), &hints, &found) != 0)
    return nullptr;
  return addresses{found};
}

/// What connect() said so far: 0 it is there, EINPROGRESS, or why not.
int start_connect(int socket, const addrinfo& target) {
  return ::connect(socket, target.ai_addr, target.ai_addrlen) == 0 ? 0 : errno;
}

int outcome(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

} // namespace

struct connection_looker::parts {
  std::function<void(node_id)> refused;
  std::chrono::milliseconds patience{};
  int wake = -1;
  std::mutex mutex; // guards the next two
  std::vector<wish> wishes;
  bool stopping = false;
  std::vector<attempt> attempts; // the thread's own
  std::thread thread;

  /// False: stop.
  bool take_wishes() {
    std::vector<wish> taken;
    {
      const std::lock_guard hold(mutex);
      eventfd_t ignored = 0;
      ::eventfd_read(wake, &ignored);
      taken.swap(wishes);
      if (stopping)
        return false;
    }
    for (const auto& item : taken)
      begin(item);
    return true;
  }

  void begin(const wish& item) {
    if (attempts.size() >= looks_max)
      return;
    const auto found = resolve(item.address);
    if (!found)
      return;
    const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0)
      return;
    const int said = start_connect(socket, *found);
    if (said == EINPROGRESS) {
      attempts.push_back({item.node, socket, now() + patience});
      return;
    }
    ::close(socket);
    if (said == ECONNREFUSED)
      refused(item.node);
  }

  void wait() {
    std::vector<pollfd> entries{{wake, POLLIN, 0}};
    auto until = time_point::max();
    for (const auto& item : attempts) {
      entries.push_back({item.socket, POLLOUT, 0});
      until = std::min(until, item.until);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now()).count();
    ::poll(entries.data(), entries.size(), attempts.empty() ? -1 : static_cast<int>(std::max<int64_t>(left, 0)));
    for (size_t i = 0; i < attempts.size(); ++i)
      if (entries[i + 1].revents != 0)
        attempts[i].until = time_point::min(); // decided
  }

  void judge() {
    std::erase_if(attempts, [&](const attempt& item) {
      if (item.until > now())
        return false;
      const int said = item.until == time_point::min() ? outcome(item.socket) : ETIMEDOUT;
      ::close(item.socket);
      if (said == ECONNREFUSED)
        refused(item.node);
      return true;
    });
  }

  void run() {
    while (take_wishes()) {
      wait();
      judge();
    }
    for (const auto& item : attempts)
      ::close(item.socket);
  }
};

connection_looker::connection_looker(std::function<void(node_id)> refused, std::chrono::milliseconds patience)
    : parts_(std::make_unique<parts>()) {
  parts_->refused = std::move(refused);
  parts_->patience = patience;
  parts_->wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  WEFT_ASSERT(parts_->wake >= 0);
  parts_->thread = std::thread([p = parts_.get()] { p->run(); });
}

connection_looker::~connection_looker() {
  {
    const std::lock_guard hold(parts_->mutex);
    parts_->stopping = true;
    ::eventfd_write(parts_->wake, 1);
  }
  parts_->thread.join();
  ::close(parts_->wake);
}

void connection_looker::look(node_id node, const std::string& address) {
  const std::lock_guard hold(parts_->mutex);
  if (parts_->wishes.size() >= looks_max)
    return;
  parts_->wishes.push_back({node, address});
  ::eventfd_write(parts_->wake, 1);
}

} // namespace weft
