#include "tools/weft/stall_watch.hpp"

namespace weft::cli {

void stall_watch::start() {
  answered();
  thread_ = std::thread{[this] { watch(); }};
}

void stall_watch::end() {
  if (!thread_.joinable())
    return;
  {
    const std::lock_guard lock{mutex_};
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void stall_watch::watch() {
  std::unique_lock lock{mutex_};
  while (!changed_.wait_for(lock, std::chrono::milliseconds{50}, [&] { return ended_; })) {
    if (!settings_.is_due())
      answered();
    else if (steady::now() - last_answer_.load() > settings_.stall_max)
      stalled_ = true;
    if (stalled_ || settings_.is_over())
      context_.TryCancel();
  }
}

problem stall_watch::explain(const std::string& endpoint) const {
  return {.code = exit_code::timed_out,
          .what = endpoint + " stopped answering: nothing for " + std::to_string(settings_.stall_max.count() / 1'000) +
                  " s"};
}

} // namespace weft::cli
