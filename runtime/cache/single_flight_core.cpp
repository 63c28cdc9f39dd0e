#include "runtime/cache/single_flight_core.hpp"

namespace weft {

bool is_permanent(errc why) noexcept {
  switch (why) {
  case errc::invalid_argument:
  case errc::invalid_utf8:
  case errc::text_too_large:
  case errc::text_too_long:
  case errc::budget_unreachable:
  case errc::not_text:
  case errc::unknown_model:
  case errc::unknown_operation:
  case errc::other_identity:
    return true;
  default:
    return false;
  }
}

std::optional<single_flight_core::flight_at> single_flight_core::find(const identity& what, const cache_key& key) {
  const auto [first, last] = by_key_.equal_range(key);
  for (auto i = first; i != last; ++i)
    if (same(i->second->what, what))
      return i->second;
  return std::nullopt;
}

result<single_flight_core::part> single_flight_core::join(waiter_id id, const identity& what, const cache_key& key,
                                                          time_point deadline) {
  WEFT_ASSERT(!waiters_.contains(id));
  auto found = find(what, key);
  const part as = found ? part::follows : part::leads;
  if (!found) {
    if (flights_.size() >= limits_.flights_max)
      return failure{errc::overloaded, "too many different texts are being computed at once"};
    flights_.push_front({.what = what, .key = key, .order = {}});
    found = flights_.begin();
    by_key_.emplace(key, *found);
  } else if ((*found)->waiting > limits_.followers_max) {
    return failure{errc::overloaded, "too many calls wait for the same text"};
  } else {
    ++followed_;
  }
  (*found)->order.push_back(id);
  ++(*found)->waiting;
  waiters_.emplace(id, waiter{*found, deadline});
  deadlines_.emplace(deadline, id);
  return as;
}

void single_flight_core::forget(waiter_id id) {
  const auto found = waiters_.find(id);
  deadlines_.erase({found->second.deadline, id});
  waiters_.erase(found);
}

std::vector<waiter_id> single_flight_core::end(flight_at at) {
  std::vector<waiter_id> all;
  all.reserve(at->waiting);
  for (const auto id : at->order)
    if (waiters_.contains(id)) {
      forget(id);
      all.push_back(id);
    }
  const auto [first, last] = by_key_.equal_range(at->key);
  for (auto i = first; i != last; ++i)
    if (i->second == at) {
      by_key_.erase(i);
      break;
    }
  flights_.erase(at);
  return all;
}

std::vector<waiter_id> single_flight_core::completed(const identity& what, const cache_key& key) {
  const auto found = find(what, key);
  return found ? end(*found) : std::vector<waiter_id>{};
}

single_flight_core::failed_attempt single_flight_core::failed(waiter_id leader, const identity& what,
                                                              const cache_key& key, errc why) {
  const auto found = find(what, key);
  if (!found)
    return {};
  if (is_permanent(why))
    return {end(*found), std::nullopt};
  if ((*found)->order.front() != leader)
    return {};
  if (++(*found)->attempts_failed >= limits_.attempts_max)
    return {end(*found), std::nullopt};
  auto next = leave(leader);
  return {{leader}, std::move(next)};
}

std::optional<single_flight_core::handover> single_flight_core::cancelled(waiter_id id) {
  return waiters_.contains(id) ? leave(id) : std::nullopt;
}

std::optional<single_flight_core::handover> single_flight_core::leave(waiter_id id) {
  const auto at = waiters_.find(id)->second.of;
  const bool led = at->order.front() == id;
  forget(id);
  --at->waiting;
  return led ? next_leader(at) : std::nullopt;
}

/// The front has gone: whoever has waited longest of the others, or the end of the flight.
std::optional<single_flight_core::handover> single_flight_core::next_leader(flight_at at) {
  while (!at->order.empty() && !waiters_.contains(at->order.front()))
    at->order.pop_front();
  if (at->order.empty()) {
    end(at);
    return std::nullopt;
  }
  ++handed_over_;
  const auto leader = at->order.front();
  return handover{leader, at->what, at->key, waiters_.at(leader).deadline};
}

single_flight_core::expiry single_flight_core::tick(time_point now) {
  expiry out;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto id = deadlines_.begin()->second;
    out.answer.push_back(id);
    if (auto next = leave(id))
      out.next.push_back(std::move(*next));
  }
  // One that was to lead may have expired in the same tick: it starts nothing.
  std::erase_if(out.next, [&](const handover& h) { return !waiters_.contains(h.leader); });
  return out;
}

std::vector<waiter_id> single_flight_core::take_all() {
  std::vector<waiter_id> all;
  while (!flights_.empty()) {
    auto some = end(flights_.begin());
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

} // namespace weft
