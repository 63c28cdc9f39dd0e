#include "runtime/compute/collective/thread_meeting.hpp"

#include "runtime/compute/collective/combine.hpp"
#include "runtime/compute/collective/deadline.hpp"
#include "runtime/compute/collective/slice.hpp"
#include "runtime/compute/collective/verb_failure.hpp"

#include <cstring>
#include <span>
#include <utility>

namespace weft {
namespace {

void copy_bytes(std::byte* to, const std::byte* from, size_t bytes) {
  if (bytes > 0 && to != from) // in place: a rank's own part of all_gather may lie where it belongs
    std::memcpy(to, from, bytes);
}

} // namespace

status thread_meeting::call(uint32_t rank, const verb_key& key, const std::byte* in, std::byte* out,
                            std::chrono::milliseconds limit) {
  std::unique_lock lock{mutex_};
  if (ended_)
    return *ended_;
  buffers_[rank] = {in, out, true};
  if (auto came = come(lock, rank, key, limit); !came)
    return came;
  lock.unlock();
  work(rank);
  lock.lock();
  go(lock);
  return ok;
}

status thread_meeting::come(std::unique_lock<std::mutex>& lock, uint32_t rank, const verb_key& key,
                            std::chrono::milliseconds limit) {
  if (here_ == 0) {
    key_ = key;
    first_rank_ = rank;
  } else if (key != key_) {
    end_locked(verbs_differ(first_rank_, key_, rank, key));
    return *ended_;
  }
  ++here_;
  if (all_here()) {
    changed_.notify_all();
    return ok;
  }
  const auto deadline = deadline_after(std::chrono::steady_clock::now(), limit);
  changed_.wait_until(lock, deadline, [&] { return all_here() || ended_; });
  // Once all are here nobody turns back: the others may be reading this rank's buffers already.
  if (all_here())
    return ok;
  if (!ended_)
    end_locked(ranks_missing(missing(), key, limit));
  return *ended_;
}

void thread_meeting::go(std::unique_lock<std::mutex>& lock) {
  if (++finished_ == buffers_.size()) {
    ++verbs_;
    here_ = finished_ = 0;
    for (auto& b : buffers_)
      b = {};
    changed_.notify_all();
    return;
  }
  const uint64_t verb = verbs_;
  changed_.wait(lock, [&] { return verbs_ != verb; }); // others work on this rank's buffers until then
}

/// A rank's share. Shares write to different places and read what no other share writes, so they need no lock.
void thread_meeting::work(uint32_t rank) const {
  const auto ranks = static_cast<uint32_t>(buffers_.size());
  const size_t width = bytes_of(key_.type);
  const auto& mine = buffers_[rank];
  switch (key_.verb) {
  case collective_verb::all_reduce: {
    const auto slice = [&](uint32_t r) {
      return slice_of(std::span<std::byte>{buffers_[r].out, key_.bytes}, width, rank, ranks);
    };
    const auto sum = slice(rank);
    for (uint32_t r = 0; r < ranks; ++r)
      if (r != rank)
        combine(sum, slice(r), key_.type, key_.op);
    for (uint32_t r = 0; r < ranks; ++r)
      copy_bytes(slice(r).data(), sum.data(), sum.size());
    return;
  }
  case collective_verb::reduce_scatter: {
    const size_t bytes = key_.bytes / ranks;
    copy_bytes(mine.out, mine.in + rank * bytes, bytes);
    for (uint32_t r = 0; r < ranks; ++r)
      if (r != rank)
        combine({mine.out, bytes}, {buffers_[r].in + rank * bytes, bytes}, key_.type, key_.op);
    return;
  }
  case collective_verb::all_gather:
    for (uint32_t r = 0; r < ranks; ++r)
      copy_bytes(mine.out + r * key_.bytes, buffers_[r].in, key_.bytes);
    return;
  case collective_verb::broadcast:
    copy_bytes(mine.out, buffers_[key_.root].out, key_.bytes);
    return;
  case collective_verb::barrier:
    return;
  }
}

void thread_meeting::end(failure reason) {
  const std::lock_guard lock{mutex_};
  end_locked(std::move(reason));
}

void thread_meeting::end_locked(failure reason) {
  if (ended_)
    return;
  ended_ = std::move(reason);
  changed_.notify_all();
}

std::optional<failure> thread_meeting::ended() const {
  const std::lock_guard lock{mutex_};
  return ended_;
}

std::vector<uint32_t> thread_meeting::missing() const {
  std::vector<uint32_t> out;
  for (uint32_t r = 0; r < buffers_.size(); ++r)
    if (!buffers_[r].here)
      out.push_back(r);
  return out;
}

} // namespace weft
