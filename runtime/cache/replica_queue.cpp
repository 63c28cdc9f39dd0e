#include "runtime/cache/replica_queue.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

/// Whether the other node may take it later.
bool passes(errc why) noexcept {
  return why == errc::overloaded || why == errc::unavailable || why == errc::deadline_exceeded;
}

} // namespace

bool replica_queue::add(node_id to, stored_entry entry) {
  const auto bytes = bytes_of(entry);
  if (bytes_ + bytes > limits_.bytes_max || entries_ + 1 > limits_.entries_max) {
    ++dropped_;
    return false;
  }
  bytes_ += bytes;
  ++entries_;
  lanes_[to].waiting.push_back(std::move(entry));
  return true;
}

std::vector<replica_queue::parcel> replica_queue::take(time_point now) {
  std::vector<parcel> out;
  for (auto& [to, line] : lanes_) {
    while (line.flying < limits_.parcels_per_node && now >= line.not_before) {
      if (!line.again.empty()) {
        const auto number = line.again.front();
        line.again.pop_front();
        out.push_back({number, to, parcels_.at(number).entries});
      } else if (!line.waiting.empty()) {
        out.push_back(fill(to, line));
      } else {
        break;
      }
      ++line.flying;
    }
  }
  return out;
}

replica_queue::parcel replica_queue::fill(node_id to, lane& from) {
  sent_parcel next{.to = to};
  while (!from.waiting.empty() && next.bytes < limits_.parcel_bytes && next.entries.size() < limits_.parcel_entries) {
    next.bytes += bytes_of(from.waiting.front());
    next.entries.push_back(std::move(from.waiting.front()));
    from.waiting.pop_front();
  }
  parcel out{++last_number_, to, next.entries};
  parcels_.emplace(out.number, std::move(next));
  return out;
}

void replica_queue::ended(uint64_t number, errc why, time_point now) {
  const auto found = parcels_.find(number);
  if (found == parcels_.end())
    return;
  auto& ended = found->second;
  auto& line = lanes_[ended.to];
  WEFT_ASSERT(line.flying > 0);
  --line.flying;
  if (why == errc::none) {
    sent_ += ended.entries.size();
    return forget(number);
  }
  line.not_before = now + limits_.pause_after_failure;
  if (why == errc::storage_full || why == errc::storage_failed)
    drop_waiting(line);
  if (!passes(why) || ++ended.attempts > limits_.attempts_max) {
    dropped_ += ended.entries.size();
    return forget(number);
  }
  line.again.push_back(number);
}

/// The other node's disk takes nothing: what waits for it would wait in vain, and take the room of others.
void replica_queue::drop_waiting(lane& of) {
  for (const auto& entry : of.waiting)
    bytes_ -= bytes_of(entry);
  entries_ -= of.waiting.size();
  dropped_ += of.waiting.size();
  of.waiting.clear();
}

void replica_queue::forget(uint64_t number) {
  const auto node = parcels_.extract(number);
  const auto& gone = node.mapped();
  WEFT_ASSERT(gone.bytes <= bytes_);
  WEFT_ASSERT(gone.entries.size() <= entries_);
  bytes_ -= gone.bytes;
  entries_ -= gone.entries.size();
  if (const auto line = lanes_.find(gone.to); line->second.flying == 0 && line->second.waiting.empty() &&
                                              line->second.again.empty() && line->second.not_before == time_point{})
    lanes_.erase(line);
}

std::vector<stored_entry> replica_queue::take_back() {
  std::vector<stored_entry> out;
  const auto take = [&](stored_entry& entry) {
    bytes_ -= bytes_of(entry);
    --entries_;
    out.push_back(std::move(entry));
  };
  for (auto& [to, line] : lanes_) {
    for (const auto number : line.again) {
      auto node = parcels_.extract(number);
      std::ranges::for_each(node.mapped().entries, take);
    }
    std::ranges::for_each(line.waiting, take);
    line.again.clear();
    line.waiting.clear();
  }
  std::erase_if(lanes_, [](const auto& it) { return it.second.flying == 0; });
  return out;
}

time_point replica_queue::next(time_point now) const {
  auto out = time_point::max();
  for (const auto& [to, line] : lanes_)
    if (line.flying < limits_.parcels_per_node && !(line.waiting.empty() && line.again.empty()))
      out = std::min(out, std::max(now, line.not_before));
  return out;
}

replica_counters replica_queue::counters() const {
  return {.sent = sent_, .dropped = dropped_, .waiting = entries_, .bytes = bytes_};
}

} // namespace weft
