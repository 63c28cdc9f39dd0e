#pragma once

#include "runtime/membership/messages.hpp"
#include "runtime/membership/node_index.hpp"

#include <cstdint>
#include <vector>

namespace weft {

/// News that still has to go round: one entry a subject, the newest, least sent first. Bounded by the number of
/// members. Not thread-safe.
class broadcast_queue {
public:
  static constexpr uint32_t sends_max = 64;

  /// Replaces what was queued about the same node, even if it was sent a few times already. A profile that was still
  /// on its way is kept, when the new claim about the same process has none.
  /// `urgent`: it should go out by itself; the rest (load levels) waits for a message or for a slower pace.
  void push(member_update update, bool urgent = true);

  /// Appends news of at most `bytes_max` estimated bytes to `out`; what has gone out `sends` times is dropped.
  /// REQUIRES: 0 < sends <= sends_max.
  void take(uint32_t bytes_max, uint32_t sends, std::vector<member_update>& out);

  bool empty() const noexcept { return size_ == 0; }
  uint32_t size() const noexcept { return size_; }
  bool urgent() const noexcept { return urgent_ > 0; }

private:
  struct entry {
    member_update update;
    uint32_t sent = 0;
    bool urgent = false;
    uint32_t previous = node_index::none;
    uint32_t next = node_index::none;
  };
  /// Entries that were sent equally often, oldest first.
  struct sent_row {
    uint32_t first = node_index::none;
    uint32_t last = node_index::none;
  };

  auto node_at() const {
    return [this](uint32_t place) { return entries_[place].update.record.node; };
  }
  void link(uint32_t place);
  void unlink(uint32_t place);
  void drop(uint32_t place);

  std::vector<entry> entries_; ///< free ones are named in free_
  std::vector<uint32_t> free_;
  std::vector<sent_row> rows_; ///< by the number of times sent
  std::vector<uint32_t> taken_;
  node_index index_;
  uint32_t size_ = 0;
  uint32_t urgent_ = 0;
};

} // namespace weft
