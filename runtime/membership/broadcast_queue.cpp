#include "runtime/membership/broadcast_queue.hpp"

#include "runtime/base/assert.hpp"

#include <utility>

namespace weft {

void broadcast_queue::push(member_update update, bool urgent) {
  auto place = index_.find(update.record.node, node_at());
  if (place == node_index::none) {
    if (free_.empty()) {
      free_.push_back(static_cast<uint32_t>(entries_.size()));
      entries_.emplace_back();
    }
    place = free_.back();
    free_.pop_back();
    entries_[place].update = std::move(update);
    index_.insert(entries_[place].update.record.node, place, node_at());
    ++size_;
  } else {
    unlink(place);
    // What was urgent about the node stays so: the new claim carries the old one's news.
    urgent = urgent || entries_[place].urgent;
    urgent_ -= entries_[place].urgent;
    auto& record = entries_[place].update.record;
    // Who never heard of the node cannot use the brief claim alone.
    if (!update.record.profile && record.epoch == update.record.epoch)
      update.record.profile = std::move(record.profile);
    entries_[place].update = std::move(update);
  }
  entries_[place].sent = 0;
  entries_[place].urgent = urgent;
  urgent_ += urgent;
  link(place);
}

void broadcast_queue::take(uint32_t bytes_max, uint32_t sends, std::vector<member_update>& out) {
  WEFT_ASSERT(sends > 0);
  WEFT_ASSERT(sends <= sends_max);
  uint32_t bytes = 0;
  taken_.clear();
  bool full = false;
  for (size_t sent = 0; sent < rows_.size() && !full; ++sent) {
    while (rows_[sent].first != node_index::none) {
      auto place = rows_[sent].first;
      auto size = wire_bytes(entries_[place].update);
      full = bytes + size > bytes_max;
      if (full)
        break;
      bytes += size;
      unlink(place);
      out.push_back(entries_[place].update);
      taken_.push_back(place);
    }
  }
  for (auto place : taken_) {
    if (++entries_[place].sent >= sends)
      drop(place);
    else
      link(place);
  }
}

void broadcast_queue::link(uint32_t place) {
  auto& item = entries_[place];
  if (rows_.size() <= item.sent)
    rows_.resize(item.sent + 1);
  auto& row = rows_[item.sent];
  item.previous = row.last;
  item.next = node_index::none;
  (row.last == node_index::none ? row.first : entries_[row.last].next) = place;
  row.last = place;
}

void broadcast_queue::unlink(uint32_t place) {
  auto& item = entries_[place];
  auto& row = rows_[item.sent];
  (item.previous == node_index::none ? row.first : entries_[item.previous].next) = item.next;
  (item.next == node_index::none ? row.last : entries_[item.next].previous) = item.previous;
}

void broadcast_queue::drop(uint32_t place) {
  index_.erase(entries_[place].update.record.node, node_at());
  urgent_ -= entries_[place].urgent;
  entries_[place].update = {};
  free_.push_back(place);
  --size_;
}

} // namespace weft
