#include "tools/weft/durable_window.hpp"

#include "runtime/base/assert.hpp"

#include <utility>

namespace weft::cli {

durable_window::durable_window(limits l) : limits_(l) {
  WEFT_ASSERT(limits_.items_max > 0);
  WEFT_ASSERT(limits_.batch_items_max > 0);
}

bool durable_window::has_room(size_t bytes) const {
  return texts_.empty() || (texts_.size() < limits_.items_max && bytes_ + bytes <= limits_.bytes_max);
}

bool durable_window::push(std::string text) {
  std::unique_lock lock{mutex_};
  waits_for_room_ = true;
  changed_.wait(lock, [&] { return closed_ || only_counts_ || next_ < durable_ || has_room(text.size()); });
  waits_for_room_ = false;
  if (closed_)
    return false;
  if (next_++ < durable_ || only_counts_)
    return true;
  bytes_ += text.size();
  texts_.push_back(std::move(text));
  changed_.notify_all();
  return true;
}

void durable_window::finish() {
  const std::lock_guard lock{mutex_};
  finished_ = true;
  changed_.notify_all();
}

bool durable_window::can_take(uint64_t generation) const {
  return closed_ || generation != generation_ || last_sent_ || sent_ < texts_.size() || finished_;
}

bool durable_window::take(uint64_t generation, const std::function<void(const std::string&)>& use, batch& taken) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return can_take(generation); });
  if (closed_ || generation != generation_ || last_sent_)
    return false;
  if (ends_early()) {
    closed_ = true;
    changed_.notify_all();
    return false;
  }
  taken = {.first = durable_ + sent_, .items = 0, .is_last = false};
  size_t bytes = 0;
  for (; sent_ < texts_.size() && taken.items < limits_.batch_items_max; ++sent_, ++taken.items) {
    const auto& text = texts_[sent_];
    if (taken.items > 0 && bytes + text.size() > limits_.batch_bytes_max)
      break;
    use(text);
    bytes += text.size();
  }
  taken.is_last = last_sent_ = finished_ && sent_ == texts_.size();
  return true;
}

uint64_t durable_window::resume(uint64_t durable) {
  const std::lock_guard lock{mutex_};
  if (durable < durable_)
    return 0;
  drop_to(durable);
  sent_ = 0;
  last_sent_ = false;
  changed_.notify_all();
  return ++generation_;
}

void durable_window::pause() {
  const std::lock_guard lock{mutex_};
  ++generation_;
  changed_.notify_all();
}

void durable_window::durable(uint64_t items) {
  const std::lock_guard lock{mutex_};
  if (items <= durable_)
    return;
  drop_to(items);
  changed_.notify_all();
}

void durable_window::only_count() {
  const std::lock_guard lock{mutex_};
  only_counts_ = true;
  texts_.clear();
  bytes_ = sent_ = 0;
  changed_.notify_all();
}

bool durable_window::wait_for_input(std::optional<std::chrono::system_clock::time_point> deadline) {
  std::unique_lock lock{mutex_};
  const auto has_come = [&] { return finished_ || closed_; };
  if (deadline)
    return changed_.wait_until(lock, *deadline, has_come);
  changed_.wait(lock, has_come);
  return true;
}

/// REQUIRES: mutex_ is held, items >= durable_.
void durable_window::drop_to(uint64_t items) {
  for (; durable_ < items && !texts_.empty(); ++durable_) {
    bytes_ -= texts_.front().size();
    texts_.pop_front();
    sent_ -= sent_ > 0 ? 1 : 0;
  }
  durable_ = items; // the source may have to catch up
}

uint64_t durable_window::items_durable() const {
  const std::lock_guard lock{mutex_};
  return durable_;
}

uint64_t durable_window::items_pushed() const {
  const std::lock_guard lock{mutex_};
  return next_;
}

bool durable_window::is_stuck() const {
  const std::lock_guard lock{mutex_};
  return last_sent_ || waits_for_room_;
}

bool durable_window::is_short() const {
  const std::lock_guard lock{mutex_};
  return ends_early();
}

void durable_window::close() {
  const std::lock_guard lock{mutex_};
  closed_ = true;
  changed_.notify_all();
}

bool durable_window::closed() const {
  const std::lock_guard lock{mutex_};
  return closed_;
}

} // namespace weft::cli
