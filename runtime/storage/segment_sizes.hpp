#pragma once

#include "runtime/job/job_segment.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace weft {

/// Counts what a group of batches adds to the bytes of a log, before the group is written: a segment in place of
/// another counts the difference, within the group too. A batch is counted as a whole or, after undo(), not at all.
class segment_sizes {
public:
  /// What a segment takes beside its body, about: its meta, and the keys and seals of both.
  static constexpr uint64_t overhead = 192;

  using lookup = std::function<uint64_t(const segment_id&)>;
  /// stored: bytes of a segment that the log has, overhead included; 0: it has none.
  explicit segment_sizes(lookup stored) : stored_(std::move(stored)) {}

  void begin_batch() {
    undo_.clear();
    change_before_ = change_;
  }
  /// As if the batch had not been.
  void undo() {
    for (auto i = undo_.rbegin(); i != undo_.rend(); ++i)
      if (i->second)
        now_[i->first] = *i->second;
      else
        now_.erase(i->first);
    undo_.clear();
    change_ = change_before_;
  }

  /// bytes: overhead included; 0: it goes.
  void set(const segment_id& id, uint64_t bytes) {
    const auto known = now_.find(id);
    const uint64_t before = known != now_.end() ? known->second : stored_(id);
    undo_.emplace_back(id, known != now_.end() ? std::optional{before} : std::nullopt);
    now_[id] = bytes;
    change_ += static_cast<int64_t>(bytes) - static_cast<int64_t>(before);
  }

  /// The segments of a job that the group has written so far.
  std::vector<segment_id> of(job_id job) const {
    std::vector<segment_id> out;
    for (auto i = now_.lower_bound({job, 0}); i != now_.end() && i->first.job == job; ++i)
      out.push_back(i->first);
    return out;
  }

  int64_t change() const noexcept { return change_; } ///< of the log's bytes, by all batches that were not undone

private:
  lookup stored_;
  std::map<segment_id, uint64_t> now_;
  std::vector<std::pair<segment_id, std::optional<uint64_t>>> undo_;
  int64_t change_ = 0;
  int64_t change_before_ = 0;
};

} // namespace weft
