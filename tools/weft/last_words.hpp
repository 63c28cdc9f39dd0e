#pragma once

#include <functional>
#include <thread>

namespace weft::cli {

/// Says how work goes on when a signal (SIGINT, SIGTERM, SIGHUP) ends the command that shows it. The process ends by
/// that signal right after, as its shell expects. A signal that is ignored stays so. One at a time, made before any
/// other thread of the process, so that they all leave the signals to it.
class last_words {
public:
  /// say: called once at most, on a thread of this object's; must not wait for another one.
  explicit last_words(std::function<void()> say);
  last_words(const last_words&) = delete;
  last_words& operator=(const last_words&) = delete;
  ~last_words();

private:
  void wait() const;

  const std::function<void()> say_;
  int signals_ = -1;
  int end_ = -1; ///< readable when there is nothing more to wait for
  std::thread thread_;
};

} // namespace weft::cli
