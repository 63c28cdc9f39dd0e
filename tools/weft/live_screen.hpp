#pragma once

#include <chrono>
#include <string>
#include <termios.h>

namespace weft::cli {

/// The alternate screen of the terminal, with keys read as they are typed; the old screen comes back when it ends, or
/// while the program is stopped with Ctrl-Z. Signals (window size, end, stop) arrive through next(), so nothing runs in
/// a handler. One a process, made before any other thread, so that they all leave the signals to it.
class live_screen {
public:
  live_screen();
  live_screen(const live_screen&) = delete;
  live_screen& operator=(const live_screen&) = delete;
  ~live_screen();

  /// Until then only the signals are its own.
  void show();
  /// Gives the old screen back; for good.
  void hide();

  enum class event { time, redraw, quit, wake };
  /// Waits for a key, a signal, `wake_descriptor` becoming readable, or the time.
  event next(std::chrono::milliseconds wait, int wake_descriptor);

  /// Shows the page, cut to the screen's rows. Without flicker: lines are overwritten, the rest is cleared.
  void draw(const std::string& page);

private:
  void enter() const;
  void leave() const;
  event on_signal();
  event on_key();

  int signals_ = -1;
  bool keys_ = false; ///< standard input is a terminal
  bool shown_ = false;
  termios before_{};
};

} // namespace weft::cli
