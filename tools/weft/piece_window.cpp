#include "tools/weft/piece_window.hpp"

#include <algorithm>

namespace weft::cli {

bool piece_window::push(std::string_view piece) {
  while (!piece.empty()) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return closed_ || bytes_.size() < bytes_max_; });
    if (closed_)
      return false;
    const size_t room = std::min(piece.size(), bytes_max_ - bytes_.size());
    bytes_ += piece.substr(0, room);
    piece.remove_prefix(room);
    changed_.notify_all();
  }
  return !closed();
}

void piece_window::finish() {
  const std::lock_guard lock{mutex_};
  finished_ = true;
  changed_.notify_all();
}

bool piece_window::take(uint64_t generation, std::string& piece) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return closed_ || generation != generation_ || sent_ < bytes_.size() || finished_; });
  if (closed_ || generation != generation_ || sent_ == bytes_.size())
    return false;
  piece = bytes_.substr(sent_, piece_bytes_max);
  sent_ += piece.size();
  return true;
}

bool piece_window::wait_for_work() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return closed_ || finished_ || !bytes_.empty(); });
  return !closed_ && !bytes_.empty();
}

bool piece_window::answer(uint64_t end) {
  const std::lock_guard lock{mutex_};
  if (end <= begin_ || end - begin_ > sent_)
    return false;
  const auto answered = static_cast<size_t>(end - begin_);
  bytes_.erase(0, answered);
  sent_ -= answered;
  begin_ = end;
  changed_.notify_all();
  return true;
}

uint64_t piece_window::begin() const {
  const std::lock_guard lock{mutex_};
  return begin_;
}

bool piece_window::all_sent() const {
  const std::lock_guard lock{mutex_};
  return finished_ && sent_ == bytes_.size();
}

size_t piece_window::outstanding() const {
  const std::lock_guard lock{mutex_};
  return sent_;
}

uint64_t piece_window::rewind() {
  const std::lock_guard lock{mutex_};
  sent_ = 0;
  changed_.notify_all();
  return ++generation_;
}

void piece_window::close() {
  const std::lock_guard lock{mutex_};
  closed_ = true;
  changed_.notify_all();
}

bool piece_window::closed() const {
  const std::lock_guard lock{mutex_};
  return closed_;
}

} // namespace weft::cli
