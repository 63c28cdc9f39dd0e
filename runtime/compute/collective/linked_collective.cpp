#include "runtime/compute/collective/linked_collective.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace weft {

using clock = std::chrono::steady_clock;

linked_collective::linked_collective(collective_group group, std::shared_ptr<rank_link> link, linked_options options)
    : verb_collective(group), link_(std::move(link)), exchange_(group, options.piece_bytes) {
  WEFT_ASSERT(link_ != nullptr);
  link_->attach(this);
}

linked_collective::~linked_collective() {
  {
    std::unique_lock lock{mutex_};
    exchange_.close();
    send(lock);
  }
  link_->attach(nullptr);
}

status linked_collective::run(const verb_call& call, patience limit) {
  std::unique_lock lock{mutex_};
  const uint64_t verbs = exchange_.verbs_done();
  exchange_.begin(call, clock::now(), limit);
  while (true) {
    news_ = false;
    exchange_.advance();
    send(lock);
    if (exchange_.done())
      break;
    exchange_.expire(clock::now());
    if (!exchange_.done())
      wake_.wait_until(lock, exchange_.deadline(), [&] { return news_; });
  }
  // Something may have ended the communicator since: that is for the next verb.
  if (exchange_.verbs_done() > verbs)
    return ok;
  return *exchange_.ended();
}

/// Sends what is to be sent. The lock is free meanwhile; what comes in that time is news. A rank that nothing can be
/// sent to may have sent what we need, or why it ended, and the link still brings it: the link says when it has gone.
void linked_collective::send(std::unique_lock<std::mutex>& lock) {
  for (auto frames = exchange_.take_outgoing(); !frames.empty(); frames = exchange_.take_outgoing()) {
    std::vector<uint32_t> deaf;
    lock.unlock();
    for (auto& [to, frame] : frames)
      if (std::find(deaf.begin(), deaf.end(), to) == deaf.end() && !link_->send(to, std::move(frame)))
        deaf.push_back(to);
    lock.lock();
    for (const uint32_t rank : deaf)
      exchange_.stop_sending(rank);
  }
}

void linked_collective::receive(rank_frame frame) {
  const std::lock_guard lock{mutex_};
  exchange_.receive(std::move(frame));
  news_ = true;
  wake_.notify_all();
}

void linked_collective::link_down(uint32_t rank, std::string why) {
  const std::lock_guard lock{mutex_};
  exchange_.link_down(rank, std::move(why));
  news_ = true;
  wake_.notify_all();
}

void linked_collective::abort(failure reason) noexcept {
  std::unique_lock lock{mutex_};
  exchange_.abort(reason);
  news_ = true;
  wake_.notify_all();
  send(lock);
}

std::optional<failure> linked_collective::async_error() const {
  const std::lock_guard lock{mutex_};
  return exchange_.ended();
}

uint64_t linked_collective::frames_dropped() const {
  const std::lock_guard lock{mutex_};
  return exchange_.frames_dropped();
}

} // namespace weft
