#pragma once

#include "runtime/base/result.hpp"
#include "runtime/ports/collective.hpp"
#include "runtime/ports/rank_link.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace weft {

/// Where the threads of a thread group meet, one verb after the other: everyone comes with its buffers, everyone does
/// its share of the work on all of them, everyone goes. Thread-safe.
class thread_meeting {
public:
  explicit thread_meeting(uint32_t ranks) : buffers_(ranks) {}

  /// One rank's part of a verb. in, out: its buffers, as large as the key says.
  /// Waits at most `limit` for the others to come; what follows is bounded by the speed of memory.
  status call(uint32_t rank, const verb_key& key, const std::byte* in, std::byte* out, std::chrono::milliseconds limit);

  /// Ends the meeting for everyone, unless something has ended it.
  void end(failure reason);

  std::optional<failure> ended() const;

private:
  struct rank_buffers {
    const std::byte* in = nullptr;
    std::byte* out = nullptr;
    bool here = false;
  };

  bool all_here() const { return here_ == buffers_.size(); }
  void end_locked(failure reason);
  status come(std::unique_lock<std::mutex>& lock, uint32_t rank, const verb_key& key, std::chrono::milliseconds limit);
  void work(uint32_t rank) const;
  void go(std::unique_lock<std::mutex>& lock);
  std::vector<uint32_t> missing() const;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<failure> ended_;
  verb_key key_;            // of the verb in progress
  uint32_t first_rank_ = 0; // who came first, and so chose the key
  uint64_t verbs_ = 0;      // done so far
  size_t here_ = 0;
  size_t finished_ = 0;
  std::vector<rank_buffers> buffers_; // [ranks]
};

} // namespace weft
