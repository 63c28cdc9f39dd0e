#include "runtime/batching/call_ledger.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace weft {

uint64_t call_ledger::open(call_ptr call, time_point now) {
  auto id = ++last_id_;
  auto texts = call->request().texts.size();
  if (call->context().deadline != time_point::max())
    deadlines_.emplace(call->context().deadline, id);
  auto& opened = calls_[id];
  opened.call = std::move(call);
  opened.opened = now;
  opened.missing = static_cast<uint32_t>(texts);
  opened.result.items.resize(texts);
  return id;
}

open_call* call_ledger::find(uint64_t id) {
  auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : &found->second;
}

const open_call* call_ledger::find(uint64_t id) const {
  auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : &found->second;
}

bool call_ledger::ended(uint64_t id) const {
  auto found = calls_.find(id);
  return found == calls_.end() || found->second.call->ended();
}

void call_ledger::close(uint64_t id) {
  auto found = calls_.find(id);
  WEFT_ASSERT(found != calls_.end());
  deadlines_.erase({found->second.call->context().deadline, id});
  calls_.erase(found);
}

bool call_ledger::store(open_call& call, const batch_item& item, const batch_item_outcome& outcome) {
  WEFT_ASSERT(item.index < call.result.items.size());
  WEFT_ASSERT(call.missing > 0);
  auto& target = call.result.items[item.index];
  target.values.assign(outcome.values.begin(), outcome.values.end());
  target.tokens = static_cast<uint32_t>(item.tokens());
  target.truncated = item.sequence.truncated;
  auto& times = call.result.times;
  times.queue = std::max(times.queue, outcome.waited);
  times.infer = std::max(times.infer, outcome.busy);
  call.result.usage.tokens += item.tokens();
  call.result.usage.device_seconds += outcome.device_seconds;
  return --call.missing == 0;
}

time_point call_ledger::next_deadline() const {
  return deadlines_.empty() ? time_point::max() : deadlines_.begin()->first;
}

std::vector<uint64_t> call_ledger::expired(time_point now) const {
  std::vector<uint64_t> ids;
  for (auto it = deadlines_.begin(); it != deadlines_.end() && it->first <= now; ++it)
    ids.push_back(it->second);
  return ids;
}

std::vector<uint64_t> call_ledger::abandoned() const {
  std::vector<uint64_t> ids;
  for (const auto& [id, it] : calls_)
    if (it.call->ended())
      ids.push_back(id);
  return ids;
}

std::vector<uint64_t> call_ledger::all() const {
  std::vector<uint64_t> ids;
  for (const auto& entry : calls_)
    ids.push_back(entry.first);
  return ids;
}

} // namespace weft
