#include "node/events.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace weft {
namespace {

sigset_t handled_signals() {
  sigset_t out;
  sigemptyset(&out);
  for (const int number : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&out, number);
  return out;
}

} // namespace

event_source::event_source() {
  const auto handled = handled_signals();
  pthread_sigmask(SIG_BLOCK, &handled, nullptr);
  ::signal(SIGPIPE, SIG_IGN); // a reader of our output that goes away must not end the node
  ::signal(SIGXFSZ, SIG_IGN); // nor a limit on file sizes: the write fails and tells why
  signals_ = ::signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
  posted_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  WEFT_ASSERT(signals_ >= 0);
  WEFT_ASSERT(posted_ >= 0);
}

event_source::~event_source() {
  ::close(signals_);
  ::close(posted_);
}

void event_source::post(node_event event, std::string detail) {
  const std::scoped_lock lock{mutex_};
  queue_.push_back({event, std::move(detail)});
  eventfd_write(posted_, 1);
}

std::optional<event_source::occurrence> event_source::wait(std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (true) {
    if (auto posted = take_posted())
      return posted;
    if (auto signal = take_signal())
      return signal;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    if (left <= 0)
      return std::nullopt;
    pollfd both[] = {{signals_, POLLIN, 0}, {posted_, POLLIN, 0}};
    const int ready = ::poll(both, 2, static_cast<int>(std::min<long>(left, 3'600'000)));
    WEFT_ASSERT(ready >= 0 || errno == EINTR);
  }
}

std::optional<event_source::occurrence> event_source::take_posted() {
  const std::scoped_lock lock{mutex_};
  eventfd_t ignored = 0;
  eventfd_read(posted_, &ignored);
  if (queue_.empty())
    return std::nullopt;
  auto out = std::move(queue_.front());
  queue_.erase(queue_.begin());
  return out;
}

std::optional<event_source::occurrence> event_source::take_signal() {
  signalfd_siginfo signal{};
  if (::read(signals_, &signal, sizeof signal) != sizeof signal)
    return std::nullopt;
  if (signal.ssi_signo == SIGHUP)
    return occurrence{node_event::reload, "SIGHUP"};
  return occurrence{node_event::terminate, signal.ssi_signo == SIGINT ? "SIGINT" : "SIGTERM"};
}

void event_source::restore_signals() noexcept {
  const auto handled = handled_signals();
  ::signal(SIGHUP, SIG_IGN);
  pthread_sigmask(SIG_UNBLOCK, &handled, nullptr);
}

} // namespace weft
