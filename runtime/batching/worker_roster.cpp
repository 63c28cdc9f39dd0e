#include "runtime/batching/worker_roster.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

constexpr size_t gone_max = 8;

} // namespace

uint32_t worker_roster::add() {
  uint32_t number = 0;
  while (workers_.contains(number))
    ++number;
  workers_[number];
  return number;
}

void worker_roster::ready(uint32_t worker, time_point now, const engine_info& engine) {
  auto& it = workers_.at(worker);
  it.ready = true;
  it.idle_since = now;
  for (const auto& one : gone_)
    if (one.info.is_like(engine))
      it.on = one;
  for (const auto& [number, other] : workers_)
    if (other.on.speed.known() && other.on.info.is_like(engine))
      it.on = other.on;
  it.on.info = engine;
}

bool worker_roster::entry::has_points() const noexcept {
  return std::ranges::any_of(pieces, &piece::points);
}

size_t worker_roster::entry::batches() const noexcept {
  return static_cast<size_t>(std::ranges::count(pieces, false, &piece::points));
}

void worker_roster::give(entry& to, const piece& what, time_point now) {
  WEFT_ASSERT(to.usable());
  if (to.pieces.empty())
    to.busy_since = to.front_since = now;
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
  it.idle_since = it.front_since = now;
}

void worker_roster::assign(uint32_t worker, uint64_t batch, uint64_t cost, time_point now) {
  auto& it = workers_.at(worker);
  WEFT_ASSERT(it.batches() < depth_);
  give(it, {batch, cost, false}, now);
}

void worker_roster::done(uint32_t worker, uint64_t batch, time_point now, uint64_t tokens,
                         std::chrono::nanoseconds busy) {
  take(worker, batch, false, now);
  if (auto found = workers_.find(worker); found != workers_.end())
    found->second.on.speed.batch(tokens, busy, now);
}

void worker_roster::assign_points(uint32_t worker, uint64_t points, uint64_t products, time_point now) {
  auto& it = workers_.at(worker);
  give(it, {points, points_cost_of(it, products), true}, now);
}

void worker_roster::points_done(uint32_t worker, uint64_t points, time_point now, uint64_t products,
                                std::chrono::nanoseconds busy) {
  take(worker, points, true, now);
  if (auto found = workers_.find(worker); found != workers_.end())
    found->second.on.points.done(products, busy);
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
  if (found->second.on.speed.known()) {
    std::erase_if(gone_, [&](const known_engine& one) { return one.info.is_like(found->second.on.info); });
    gone_.push_back(std::move(found->second.on));
    if (gone_.size() > gone_max)
      gone_.pop_front();
  }
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

double worker_roster::tokens_per_second() const {
  double sum = 0;
  uint32_t measured = 0;
  for (const auto& [number, it] : workers_)
    if (!it.retiring && it.on.speed.known()) {
      sum += it.on.speed.mean_tokens_per_second();
      ++measured;
    }
  return measured > 0 ? sum * count() / measured : 0;
}

void worker_roster::tell_groups(node_load& to) const {
  std::vector<const entry*> seen;
  for (const auto& [number, it] : workers_) {
    const auto like = [&it = it](const entry* other) { return other->on.info.is_like(it.on.info); };
    if (!it.usable() || !it.on.speed.known() || std::ranges::any_of(seen, like))
      continue;
    seen.push_back(&it);
    engine_group group;
    for (const auto& [other_number, other] : workers_)
      if (other.usable() && other.on.speed.known() && like(&other)) {
        ++group.engines;
        group.batch_seconds += other.on.speed.batch_seconds();
        group.tokens_per_second += other.on.speed.tokens_per_second();
      }
    group.batch_seconds /= group.engines;
    group.tokens_per_second /= group.engines;
    if (!add_group(to, group))
      return;
  }
}

std::vector<engine_status> worker_roster::engines() const {
  std::vector<engine_status> out;
  for (const auto& [number, it] : workers_)
    if (it.usable())
      out.push_back({.info = it.on.info,
                     .tokens_per_second = it.on.speed.mean_tokens_per_second(),
                     .batch_seconds = it.on.speed.batch_seconds()});
  return out;
}

} // namespace weft
