#include "node/grpc/byte_budget.hpp"

#include "runtime/base/assert.hpp"

namespace weft {

bool byte_budget::take(uint64_t bytes) {
  const std::lock_guard hold(mutex_);
  if (!line_.empty() || !fits(bytes))
    return false;
  held_ += bytes;
  return true;
}

bool byte_budget::take_or_wait(uint64_t bytes, std::weak_ptr<waiter> who) {
  const std::lock_guard hold(mutex_);
  if (line_.empty() && fits(bytes)) {
    held_ += bytes;
    return true;
  }
  line_.push_back({bytes, std::move(who)});
  return false;
}

void byte_budget::add(uint64_t bytes) {
  const std::lock_guard hold(mutex_);
  held_ += bytes;
}

void byte_budget::give_back(uint64_t bytes) {
  std::unique_lock lock(mutex_);
  WEFT_ASSERT(held_ >= bytes);
  held_ -= bytes;
  if (granting_)
    return; // who works on the line sees it; so a waiter that gives back at once does not nest in this
  granting_ = true;
  while (!line_.empty() && fits(line_.front().bytes)) {
    const uint64_t wanted = line_.front().bytes;
    auto who = line_.front().who.lock();
    line_.pop_front();
    if (!who)
      continue;
    held_ += wanted;
    lock.unlock();
    who->granted(wanted);
    who.reset(); // may be the last hold, and give back what it held
    lock.lock();
  }
  granting_ = false;
}

uint64_t byte_budget::bytes_held() const {
  const std::lock_guard hold(mutex_);
  return held_;
}

} // namespace weft
