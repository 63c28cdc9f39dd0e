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

bool worker_roster::entry::has_points() const noexcept {
  return std::ranges::any_of(pieces, &piece::points);
}

size_t worker_roster::entry::batches() const noexcept {
  return static_cast<size_t>(std::ranges::count(pieces, false, &piece::points));
}

uint64_t worker_roster::entry::cost() const noexcept {
  uint64_t sum = 0;
  for (const auto& each : pieces)
    sum += each.cost;
  return sum;
}

void worker_roster::give(entry& to, const piece& what, time_point now) {
  WEFT_ASSERT(to.usable());
  if (to.pieces.empty())
    to.busy_since = now;
  to.pieces.push_back(what);
}

void worker_roster::take(uint32_t worker, uint64_t number, bool points, time_point now) {
  auto found = workers_.find(worker);
  if (found == workers_.end())
    return;
  auto& it = found->second;
  const auto is = [&](const piece& each) { return each.number == number && each.points == points; };
  if (std::erase_if(it.pieces, is) > 0 && it.pieces.empty())
    busy_ += now - it.busy_since;
  it.idle_since = now;
}

void worker_roster::assign(uint32_t worker, uint64_t batch, uint64_t cost, time_point now) {
  auto& it = workers_.at(worker);
  WEFT_ASSERT(it.batches() < depth_);
  give(it, {batch, cost, false}, now);
}

void worker_roster::done(uint32_t worker, uint64_t batch, time_point now) {
  take(worker, batch, false, now);
}

void worker_roster::assign_points(uint32_t worker, uint64_t points, uint64_t cost, time_point now) {
  give(workers_.at(worker), {points, cost, true}, now);
}

void worker_roster::points_done(uint32_t worker, uint64_t points, time_point now) {
  take(worker, points, true, now);
}

void worker_roster::retire(uint32_t worker) {
  workers_.at(worker).retiring = true;
}

std::deque<uint64_t> worker_roster::remove(uint32_t worker, time_point now) {
  auto found = workers_.find(worker);
  WEFT_ASSERT(found != workers_.end());
  const auto& pieces = found->second.pieces;
  if (!pieces.empty())
    busy_ += now - found->second.busy_since;
  std::deque<uint64_t> batches;
  for (const auto& each : pieces)
    if (!each.points)
      batches.push_back(each.number);
  workers_.erase(found);
  return batches;
}

bool worker_roster::retiring(uint32_t worker) const {
  auto found = workers_.find(worker);
  return found != workers_.end() && found->second.retiring;
}

bool worker_roster::on_points(uint32_t worker) const {
  auto found = workers_.find(worker);
  return found != workers_.end() && !found->second.pieces.empty() && found->second.pieces.front().points;
}

std::optional<uint32_t> worker_roster::idle() const {
  for (const auto& [number, it] : workers_)
    if (it.usable() && it.pieces.empty())
      return number;
  const auto light = lightest();
  return light && workers_.at(*light).batches() == 0 ? light : std::nullopt;
}

std::optional<uint32_t> worker_roster::loadable() const {
  const auto light = lightest();
  std::optional<uint32_t> best;
  for (const auto& [number, it] : workers_) {
    if (!it.usable() || it.batches() >= depth_ || (it.has_points() && number != light))
      continue;
    if (!best || it.cost() < workers_.at(*best).cost())
      best = number;
  }
  return best;
}

std::optional<uint32_t> worker_roster::lightest() const {
  std::optional<uint32_t> best;
  for (const auto& [number, it] : workers_)
    if (it.usable() && (!best || it.cost() < workers_.at(*best).cost()))
      best = number;
  return best;
}

std::optional<uint32_t> worker_roster::idle_for(duration wait, time_point now) const {
  for (auto it = workers_.rbegin(); it != workers_.rend(); ++it)
    if (it->second.usable() && it->second.pieces.empty() && now - it->second.idle_since >= wait)
      return it->first;
  return std::nullopt;
}

uint32_t worker_roster::count() const {
  return static_cast<uint32_t>(std::ranges::count_if(workers_, [](const auto& it) { return !it.second.retiring; }));
}

uint32_t worker_roster::idle_count() const {
  return static_cast<uint32_t>(
      std::ranges::count_if(workers_, [](const auto& it) { return it.second.usable() && it.second.pieces.empty(); }));
}

uint32_t worker_roster::busy_count() const {
  return static_cast<uint32_t>(
      std::ranges::count_if(workers_, [](const auto& it) { return !it.second.pieces.empty(); }));
}

duration worker_roster::busy_time(time_point now) const {
  auto time = busy_;
  for (const auto& [number, it] : workers_)
    if (!it.pieces.empty())
      time += now - it.busy_since;
  return time;
}

} // namespace weft
