#include "tools/weft/last_words.hpp"

#include "runtime/base/assert.hpp"

#include <csignal>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utility>

namespace weft::cli {
namespace {

/// What nobody has chosen to ignore: a command under nohup goes on when its terminal closes.
sigset_t own_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now {};
    if (sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN)
      sigaddset(&set, signal);
  }
  return set;
}

} // namespace

last_words::last_words(std::function<void()> say) : say_(std::move(say)) {
  const sigset_t set = own_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr); // inherited by all threads that come
  signals_ = signalfd(-1, &set, SFD_CLOEXEC);
  end_ = eventfd(0, EFD_CLOEXEC);
  WEFT_ASSERT(signals_ >= 0);
  WEFT_ASSERT(end_ >= 0);
  thread_ = std::thread{[this] { wait(); }};
}

last_words::~last_words() {
  const uint64_t one = 1;
  [[maybe_unused]] const auto written = write(end_, &one, sizeof one);
  thread_.join();
  close(signals_);
  close(end_);
  const sigset_t set = own_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void last_words::wait() const {
  pollfd wanted[2] = {{signals_, POLLIN, 0}, {end_, POLLIN, 0}};
  while (poll(wanted, 2, -1) < 0) {
  }
  signalfd_siginfo info{};
  if (wanted[0].revents == 0 || read(signals_, &info, sizeof info) != sizeof info)
    return;
  const int signal = static_cast<int>(info.ssi_signo);
  say_();
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  kill(getpid(), signal);
}

} // namespace weft::cli
