#include "tools/weft/text_window.hpp"

#include "runtime/base/assert.hpp"

namespace weft::cli {

text_window::text_window(limits l, delivery deliver) : limits_(l), deliver_(std::move(deliver)) {
  WEFT_ASSERT(limits_.items_max > 0);
  WEFT_ASSERT(limits_.batch_items_max > 0);
}

bool text_window::has_room(const text_item& item) const {
  return items_.empty() || (items_.size() < limits_.items_max && bytes_ + item.text.size() <= limits_.bytes_max);
}

bool text_window::push(text_item item) {
  {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return closed_ || has_room(item); });
    if (closed_)
      return false;
  }
  // Only this thread adds, so the room is still there. A troubled text with nothing in front of it is due at once:
  // no answer will come along to push it out.
  std::unique_lock order{order_, std::defer_lock};
  if (item.trouble) {
    order.lock();
    std::unique_lock lock{mutex_};
    if (items_.empty()) {
      lock.unlock();
      deliver(item, nullptr);
      return true;
    }
  }
  const std::lock_guard lock{mutex_};
  bytes_ += item.text.size();
  items_.push_back(std::move(item));
  changed_.notify_all();
  return true;
}

void text_window::finish() {
  const std::lock_guard lock{mutex_};
  finished_ = true;
  changed_.notify_all();
}

bool text_window::can_take(uint64_t generation) const {
  return closed_ || generation != generation_ || sent_ < items_.size() || finished_;
}

bool text_window::take(uint64_t generation, const std::function<void(const std::string&)>& use) {
  std::unique_lock lock{mutex_};
  size_t taken = 0;
  while (taken == 0) {
    changed_.wait(lock, [&] { return can_take(generation); });
    if (closed_ || generation != generation_ || sent_ == items_.size())
      return false;
    size_t bytes = 0;
    for (; sent_ < items_.size() && taken < limits_.batch_items_max; ++sent_) {
      const text_item& item = items_[sent_];
      if (item.trouble)
        continue;
      if (taken > 0 && bytes + item.text.size() > limits_.batch_bytes_max)
        break;
      use(item.text);
      bytes += item.text.size();
      ++taken;
      ++unanswered_;
    }
  }
  return true;
}

bool text_window::wait_for_work() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return closed_ || finished_ || !items_.empty(); });
  return !closed_ && !items_.empty(); // the front is never a troubled text
}

text_item text_window::pop() {
  const std::lock_guard lock{mutex_};
  text_item item = std::move(items_.front());
  items_.pop_front();
  bytes_ -= item.text.size();
  if (sent_ > 0)
    --sent_;
  if (!item.trouble)
    --unanswered_;
  changed_.notify_all();
  return item;
}

void text_window::deliver(const text_item& item, const v1::EmbedStreamResponse* answer) {
  if (!closed() && !deliver_(item, answer))
    close();
}

bool text_window::front_has_trouble() const {
  const std::lock_guard lock{mutex_};
  return !items_.empty() && items_.front().trouble.has_value();
}

bool text_window::answer(const v1::EmbedStreamResponse& answer) {
  const std::lock_guard order{order_};
  if (outstanding() == 0)
    return false;
  deliver(pop(), &answer);
  while (front_has_trouble())
    deliver(pop(), nullptr);
  return true;
}

bool text_window::done() const {
  const std::lock_guard lock{mutex_};
  return closed_ || (finished_ && items_.empty());
}

size_t text_window::outstanding() const {
  const std::lock_guard lock{mutex_};
  return unanswered_;
}

uint64_t text_window::rewind() {
  const std::lock_guard lock{mutex_};
  sent_ = 0;
  unanswered_ = 0;
  ++generation_;
  changed_.notify_all();
  return generation_;
}

void text_window::close() {
  const std::lock_guard lock{mutex_};
  closed_ = true;
  changed_.notify_all();
}

bool text_window::closed() const {
  const std::lock_guard lock{mutex_};
  return closed_;
}

} // namespace weft::cli
