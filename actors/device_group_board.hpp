#pragma once

#include "runtime/corpus/corpus_result.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace weft {

/// What a node tells of its part in corpora; counts since the start, the rest of now.
struct corpora_counters {
  uint64_t corpora = 0; ///< of which vectors are in memory
  uint64_t bytes = 0;   ///< of these, with what ranks and searches make of them
  uint64_t bytes_max = 0;
  uint64_t ranks = 0;      ///< threads that take part in an epoch now, or leave one
  uint64_t epochs = 0;     ///< that this node had a rank in
  uint64_t breaks = 0;     ///< of these: ended without a result, and nobody here was told to stop
  uint64_t ranks_hung = 0; ///< of the epochs: their thread was not gone long after it was told to
  uint64_t searches = 0;   ///< of shares of corpora
  std::array<uint64_t, static_cast<size_t>(corpus_step::done)> steps{};
  std::array<std::chrono::nanoseconds, static_cast<size_t>(corpus_step::done)> step_time{};

  bool operator==(const corpora_counters&) const = default;
};

/// Where DEVICE_GROUP puts its figures for whoever asks. Thread-safe. Outlives the actor; one that starts anew counts
/// on.
class device_group_board {
public:
  void publish(const corpora_counters& now) {
    const std::lock_guard hold(mutex_);
    counters_ = now;
  }
  corpora_counters counters() const {
    const std::lock_guard hold(mutex_);
    return counters_;
  }

private:
  mutable std::mutex mutex_; ///< held for a copy
  corpora_counters counters_;
};

} // namespace weft
