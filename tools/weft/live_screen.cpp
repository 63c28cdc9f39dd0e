#include "tools/weft/live_screen.hpp"

#include "runtime/base/assert.hpp"
#include "tools/weft/terminal.hpp"

#include <csignal>
#include <poll.h>
#include <string_view>
#include <sys/signalfd.h>
#include <unistd.h>

namespace weft::cli {
namespace {

void put(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written <= 0)
      return; // the terminal is gone; SIGHUP ends the program
    text.remove_prefix(static_cast<size_t>(written));
  }
}

sigset_t own_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP})
    sigaddset(&set, signal);
  return set;
}

} // namespace

live_screen::live_screen() : keys_(isatty(STDIN_FILENO) == 1) {
  const sigset_t set = own_signals();
  sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  WEFT_ASSERT(signals_ >= 0);
  if (keys_)
    tcgetattr(STDIN_FILENO, &before_);
}

void live_screen::show() {
  shown_ = true;
  enter();
}

void live_screen::hide() {
  if (shown_)
    leave();
  shown_ = false;
}

live_screen::~live_screen() {
  hide();
  close(signals_);
}

void live_screen::enter() const {
  if (keys_) {
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
  }
  put("\x1b[?1049h\x1b[?25l\x1b[2J"); // alternate screen, no cursor, clear
}

void live_screen::leave() const {
  put("\x1b[?25h\x1b[?1049l");
  if (keys_)
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
}

live_screen::event live_screen::on_signal() {
  signalfd_siginfo info{};
  event result = event::time;
  while (read(signals_, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGWINCH) {
      put("\x1b[2J");
      result = event::redraw;
    } else if (info.ssi_signo == SIGTSTP) {
      leave();
      raise(SIGSTOP); // goes on below with SIGCONT
      enter();
      result = event::redraw;
    } else {
      return event::quit;
    }
  }
  return result;
}

live_screen::event live_screen::on_key() {
  char key = 0;
  const ssize_t got = read(STDIN_FILENO, &key, 1);
  if (got <= 0) {
    keys_ = got < 0 && keys_;
    return event::time;
  }
  return key == 'q' || key == 'Q' || key == 3 ? event::quit : event::redraw;
}

live_screen::event live_screen::next(std::chrono::milliseconds wait, int wake_descriptor) {
  pollfd wanted[3] = {{signals_, POLLIN, 0}, {wake_descriptor, POLLIN, 0}, {keys_ ? STDIN_FILENO : -1, POLLIN, 0}};
  if (poll(wanted, 3, static_cast<int>(wait.count())) <= 0)
    return event::time;
  if (wanted[0].revents != 0)
    return on_signal();
  if (wanted[2].revents != 0)
    return on_key();
  return event::wake;
}

void live_screen::draw(const std::string& page) {
  const size_t rows = size_of_terminal(STDOUT_FILENO).rows;
  std::string out = "\x1b[H";
  size_t row = 0;
  for (size_t begin = 0; begin < page.size() && row + 1 < rows; ++row) {
    const size_t end = std::min(page.find('\n', begin), page.size());
    out.append(page, begin, end - begin).append("\x1b[K\r\n");
    begin = end + 1;
  }
  put(out + "\x1b[J");
}

} // namespace weft::cli
