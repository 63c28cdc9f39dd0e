#include "runtime/batching/worker_roster.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace weft {

uint32_t worker_roster::add() {
  uint32_t number = 0;
  while (workers_.contains(number))
    ++number;
  workers_[number];
  return number;
}

void worker_roster::ready(uint32_t worker, time_point now) {
  auto& it = workers_.at(worker);
  it.ready = true;
  it.idle_since = now;
}

void worker_roster::assign(uint32_t worker, uint64_t batch, time_point now) {
  auto& it = workers_.at(worker);
  WEFT_ASSERT(it.usable());
  WEFT_ASSERT(it.batches.size() < depth_);
  if (it.batches.empty())
    it.busy_since = now;
  it.batches.push_back(batch);
}

void worker_roster::done(uint32_t worker, uint64_t batch, time_point now) {
  auto found = workers_.find(worker);
  if (found == workers_.end())
    return;
  auto& it = found->second;
  if (std::erase(it.batches, batch) > 0 && it.batches.empty())
    busy_ += now - it.busy_since;
  it.idle_since = now;
}

void worker_roster::retire(uint32_t worker) {
  workers_.at(worker).retiring = true;
}

std::deque<uint64_t> worker_roster::remove(uint32_t worker, time_point now) {
  auto found = workers_.find(worker);
  WEFT_ASSERT(found != workers_.end());
  auto batches = std::move(found->second.batches);
  if (!batches.empty())
    busy_ += now - found->second.busy_since;
  workers_.erase(found);
  return batches;
}

bool worker_roster::retiring(uint32_t worker) const {
  auto found = workers_.find(worker);
  return found != workers_.end() && found->second.retiring;
}

std::optional<uint32_t> worker_roster::idle() const {
  for (const auto& [number, it] : workers_)
    if (it.usable() && it.batches.empty())
      return number;
  return std::nullopt;
}

std::optional<uint32_t> worker_roster::loadable() const {
  std::optional<uint32_t> best;
  for (const auto& [number, it] : workers_)
    if (it.usable() && it.batches.size() < depth_ && (!best || it.batches.size() < workers_.at(*best).batches.size()))
      best = number;
  return best;
}

std::optional<uint32_t> worker_roster::lightest() const {
  std::optional<uint32_t> best;
  for (const auto& [number, it] : workers_)
    if (it.usable() && (!best || it.batches.size() < workers_.at(*best).batches.size()))
      best = number;
  return best;
}

std::optional<uint32_t> worker_roster::idle_for(duration wait, time_point now) const {
  for (auto it = workers_.rbegin(); it != workers_.rend(); ++it)
    if (it->second.usable() && it->second.batches.empty() && now - it->second.idle_since >= wait)
      return it->first;
  return std::nullopt;
}

uint32_t worker_roster::count() const {
  return static_cast<uint32_t>(std::ranges::count_if(workers_, [](const auto& it) { return !it.second.retiring; }));
}

uint32_t worker_roster::idle_count() const {
  return static_cast<uint32_t>(
      std::ranges::count_if(workers_, [](const auto& it) { return it.second.usable() && it.second.batches.empty(); }));
}

uint32_t worker_roster::busy_count() const {
  return static_cast<uint32_t>(
      std::ranges::count_if(workers_, [](const auto& it) { return !it.second.batches.empty(); }));
}

duration worker_roster::busy_time(time_point now) const {
  auto time = busy_;
  for (const auto& [number, it] : workers_)
    if (!it.batches.empty())
      time += now - it.busy_since;
  return time;
}

} // namespace weft
