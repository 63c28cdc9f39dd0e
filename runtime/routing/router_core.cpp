#include "runtime/routing/router_core.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <bit>

namespace weft {
namespace {

constexpr duration guess_period = std::chrono::milliseconds{100};
// Speeds that differ by less say nothing that answers do not show, and later.
constexpr double speeds_apart = 8;
constexpr uint32_t small_work = 16, large_work = 4'096; ///< a device's fixed time shows in one, its rate in the other
constexpr int draws_max = 8;                            ///< to find two fit ones among many
constexpr double weight_usual = 100;

bool before(const target_state& a, node_id b) {
  return a.target().node < b;
}

} // namespace

uint64_t router_core::random() noexcept { // SplitMix64
  uint64_t x = random_ += 0x9E3779B97F4A7C15u;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}

target_state* router_core::find(node_id node) {
  const auto at = std::lower_bound(targets_.begin(), targets_.end(), node, before);
  return at != targets_.end() && at->target().node == node ? &*at : nullptr;
}

void router_core::set_targets(const std::vector<route_target>& targets) {
  // Weight 0 takes no work, unless nobody has another one.
  const bool some = std::any_of(targets.begin(), targets.end(), [](const route_target& t) { return t.weight > 0; });
  std::map<node_id, route_target> sorted;
  for (const auto& target : targets)
    if (target.weight > 0 || !some)
      sorted.insert_or_assign(target.node, target);
  std::vector<target_state> next;
  next.reserve(sorted.size());
  for (const auto& [node, target] : sorted) {
    auto* known = find(node);
    if (known && known->target().epoch == target.epoch) {
      known->set_target(target);
      next.push_back(std::move(*known));
    } else {
      next.emplace_back(target, options_.target);
    }
  }
  targets_ = std::move(next);
  guesses_ = {};
  speeds_compared_.reset();
}

router_core::fitness router_core::judge(const target_state& target, const route_request& request,
                                        time_point now) const {
  if (std::find(request.except.begin(), request.except.end(), target.target().node) != request.except.end())
    return fitness::unfit;
  if (request.needs && !target.can(*request.needs, now))
    return fitness::unfit;
  return target.outstanding() < options_.outstanding_max ? fitness::fit : fitness::full;
}

/// The mean of what is known of others for such work, of a node of weight 1: an unknown node is tried soon, and not by
/// everybody at once.
double router_core::guess(uint32_t work, time_point now) {
  auto& known = guesses_[static_cast<size_t>(std::bit_width(work))];
  if (known.at && now - *known.at < guess_period)
    return known.seconds;
  double sum = 0;
  size_t count = 0;
  for (const auto& target : targets_)
    if (const double unit = target.seconds_per_unit(work, by_speeds(now), now); unit > 0) {
      sum += unit * std::max(target.target().weight, 1u);
      ++count;
    }
  known.seconds = count > 0 ? sum / static_cast<double>(count)
                            : std::chrono::duration<double>(options_.latency_guess).count() * weight_usual;
  known.at = now;
  return known.seconds;
}

/// Whether the targets are of such different kinds that what they told of their engines decides.
bool router_core::by_speeds(time_point now) {
  if (speeds_compared_ && now - *speeds_compared_ < guess_period)
    return speeds_differ_;
  speeds_compared_ = now;
  speeds_differ_ = false;
  for (const uint32_t work : {small_work, large_work}) {
    double least = 0, most = 0;
    for (const auto& target : targets_)
      if (const double takes = target.told_seconds(work, now); takes > 0) {
        least = least > 0 ? std::min(least, takes) : takes;
        most = std::max(most, takes);
      }
    speeds_differ_ = speeds_differ_ || most > speeds_apart * least;
  }
  return speeds_differ_;
}

std::optional<size_t> router_core::next_in_turn(const route_request& request, time_point now) {
  for (size_t i = 0; i < targets_.size(); ++i) {
    const size_t at = turn_++ % targets_.size();
    if (judge(targets_[at], request, now) == fitness::fit)
      return at;
  }
  return {};
}

std::optional<size_t> router_core::best_of_all(const route_request& request, time_point now) {
  std::optional<size_t> best;
  double best_cost = 0;
  const double unknown = guess(request.work, now);
  const size_t start = random() % targets_.size(); // equal ones take turns
  for (size_t i = 0; i < targets_.size(); ++i) {
    const size_t at = (start + i) % targets_.size();
    if (judge(targets_[at], request, now) != fitness::fit)
      continue;
    const double cost = targets_[at].cost(request.work, unknown, by_speeds(now), now);
    if (!best || cost < best_cost) {
      best = at;
      best_cost = cost;
    }
  }
  return best;
}

std::optional<size_t> router_core::best_of_two(const route_request& request, time_point now) {
  std::optional<size_t> first;
  for (int draw = 0; draw < draws_max; ++draw) {
    const size_t at = random() % targets_.size();
    if (at == first || judge(targets_[at], request, now) != fitness::fit)
      continue;
    if (!first) {
      first = at;
      continue;
    }
    const double unknown = guess(request.work, now);
    return targets_[at].cost(request.work, unknown, by_speeds(now), now) <
                   targets_[*first].cost(request.work, unknown, by_speeds(now), now)
               ? at
               : first;
  }
  return first ? first : best_of_all(request, now);
}

size_t router_core::prefer_home(size_t best, const route_request& request, time_point now) {
  if (!request.home)
    return best;
  const auto at = std::lower_bound(targets_.begin(), targets_.end(), *request.home, before);
  if (at == targets_.end() || at->target().node != *request.home || judge(*at, request, now) != fitness::fit)
    return best;
  const double unknown = guess(request.work, now);
  const double limit = options_.home_factor * targets_[best].cost(request.work, unknown, by_speeds(now), now);
  return at->cost(request.work, unknown, by_speeds(now), now) <= limit ? static_cast<size_t>(at - targets_.begin())
                                                                       : best;
}

result<route> router_core::pick(const route_request& request, time_point now) {
  WEFT_ASSERT(request.work > 0);
  std::optional<size_t> found;
  if (!targets_.empty() && options_.plain)
    found = next_in_turn(request, now);
  else if (!targets_.empty())
    found = targets_.size() <= options_.scan_max ? best_of_all(request, now) : best_of_two(request, now);
  if (!found) {
    const bool full = std::any_of(targets_.begin(), targets_.end(), [&](const target_state& target) {
      return judge(target, request, now) == fitness::full;
    });
    if (full)
      return failure{errc::overloaded, "every node that can compute this has as much work under way as it may have"};
    return failure{errc::unavailable, "no node in reach can compute this"};
  }
  if (!options_.plain)
    found = prefer_home(*found, request, now);
  auto& target = targets_[*found];
  target.sent(++last_ticket_, request.work, now);
  return route{target.target().node, last_ticket_};
}

void router_core::answered(const route& where, time_point now, const std::optional<node_load>& load) {
  auto* target = find(where.node);
  if (!target || !target->waits_for(where.ticket))
    return;
  if (load) // first: what it says now is what this answer is measured by
    heard(*target, *load, now);
  target->ended(where.ticket, true, now);
  target->succeeded();
}

void router_core::heard(target_state& target, const node_load& load, time_point now) {
  if (target.reported(load, now)) {
    guesses_ = {}; // others were guessed without it
    speeds_compared_.reset();
  }
}

void router_core::told(node_id node, const node_load& load, time_point now) {
  if (auto* target = find(node))
    heard(*target, load, now);
}

void router_core::refused(const route& where, time_point now, const std::optional<node_load>& load) {
  auto* target = find(where.node);
  if (!target || !target->ended(where.ticket, false, now))
    return;
  target->refused(now);
  if (load)
    heard(*target, *load, now);
}

void router_core::failed(const route& where, time_point now) {
  auto* target = find(where.node);
  if (target && target->ended(where.ticket, false, now))
    target->failed(now);
}

void router_core::incapable(const route& where, capability what, time_point now) {
  auto* target = find(where.node);
  if (target && target->ended(where.ticket, false, now))
    target->cannot(what, now);
}

void router_core::abandoned(const route& where, time_point now) {
  if (auto* target = find(where.node))
    target->ended(where.ticket, false, now);
}

uint32_t router_core::outstanding(node_id node) const {
  const auto at = std::lower_bound(targets_.begin(), targets_.end(), node, before);
  return at != targets_.end() && at->target().node == node ? at->outstanding() : 0;
}

} // namespace weft
