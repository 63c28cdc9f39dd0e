#include "runtime/compute/collective/linked_collective.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>
#include <vector>

namespace weft {

using clock = std::chrono::steady_clock;

linked_collective::linked_collective(collective_group group, std::shared_ptr<rank_link> link, linked_options options)
    : verb_collective(group), link_(std::move(link)), exchange_(group, options.piece_bytes) {
  WEFT_ASSERT(link_ != nullptr);
  link_->attach(this);
}

/// Memory may be missing anywhere in here. Then this rank gives up, and what it can still say is sent.
template <class Task> void linked_collective::guarded(std::unique_lock<std::mutex>& lock, const Task& task) noexcept {
  const auto attempt = [&](const auto& what) noexcept {
    try {
      what();
    } catch (const std::exception&) {
      if (!lock.owns_lock())
        lock.lock();
      exchange_.give_up();
      news_ = true;
      wake_.notify_all();
      return false;
    }
    return true;
  };
  if (!attempt(task))
    attempt([&] { send(lock); });
}

linked_collective::~linked_collective() {
  {
    std::unique_lock lock{mutex_};
    guarded(lock, [&] {
      exchange_.close();
      send(lock);
    });
  }
  link_->attach(nullptr);
}

status linked_collective::run(const verb_call& call, patience limit) {
  std::unique_lock lock{mutex_};
  const uint64_t verbs = exchange_.verbs_done();
  guarded(lock, [&] {
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
  });
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

/// On a thread of the link, which must not be made to send: only take down what comes.
template <class Task> void linked_collective::take_down(const Task& task) noexcept {
  const std::lock_guard lock{mutex_};
  try {
    task();
  } catch (const std::exception&) {
    exchange_.give_up(); // the others are told by the verb in progress, or by the next
  }
  news_ = true;
  wake_.notify_all();
}

void linked_collective::receive(rank_frame frame) {
  take_down([&] { exchange_.receive(std::move(frame)); });
}

void linked_collective::link_down(uint32_t rank, std::string why) {
  take_down([&] { exchange_.link_down(rank, std::move(why)); });
}

void linked_collective::abort(failure reason) noexcept {
  std::unique_lock lock{mutex_};
  guarded(lock, [&] {
    exchange_.abort(reason);
    news_ = true;
    wake_.notify_all();
    send(lock);
  });
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
