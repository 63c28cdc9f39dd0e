#include "runtime/batching/worker_roster.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

// Which worker finishes first. Times are seconds, as the engines' measured speeds tell them.
namespace weft {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();
// While nothing was measured workers are compared by their tokens: any speed will do.
constexpr double token_guess = 1e-6;
// An engine that was not measured is thought to be so much faster than the fastest that was: so it is tried soon.
constexpr double unmeasured_factor = 0.5;
// Differences below a tenth are noise of the measurement.
constexpr double noise = 1.1;
constexpr double rounding = 1e-6;
// Who is slower than the fastest by this takes part only from a long text on.
constexpr double slow_factor = 4;

} // namespace

/// A worker as choose() compares it.
struct worker_roster::candidate {
  uint32_t worker = 0;
  const entry* who = nullptr;
  bool empty = false;       ///< has nothing to do
  bool free = false;        ///< takes a batch of any size
  bool takes_full = false;  ///< takes a full one, and there is one
  uint64_t tokens_full = 0; ///< of its batches
  double left = 0;          ///< until what it has is done
  double all = 0;           ///< what all that waits would take it, alone
};

const worker_roster::known_engine& worker_roster::known(const entry& one) const {
  if (!one.on.speed.known())
    for (const auto& [number, other] : workers_)
      if (other.ready && other.on.speed.known() && other.on.info.is_like(one.on.info))
        return other.on;
  return one.on;
}

double worker_roster::seconds_for(const entry& one, uint64_t tokens, uint64_t tokens_max, time_point now) const {
  if (const auto& speed = known(one).speed; speed.known())
    return speed.seconds_for(tokens, tokens_max) * speed.faded(now);
  double fastest = never;
  for (const auto& [number, other] : workers_)
    if (other.usable() && other.on.speed.known())
      fastest = std::min(fastest, other.on.speed.seconds_for(tokens, tokens_max));
  return fastest < never ? fastest * unmeasured_factor : static_cast<double>(tokens) * token_guess;
}

double worker_roster::seconds_of(const entry& one, const piece& what, time_point now) const {
  const auto& speed = known(one).speed;
  if (!speed.known())
    return seconds_for(one, what.cost, std::max<uint64_t>(what.cost, 1), now);
  return what.points ? static_cast<double>(what.cost) / speed.mean_tokens_per_second()
                     : speed.seconds_for(what.cost, std::max<uint64_t>(what.cost, 1));
}

uint64_t worker_roster::points_cost_of(const entry& one, uint64_t products) const {
  const auto& like = known(one);
  return like.points.tokens_of(products, like.speed.mean_tokens_per_second());
}

double worker_roster::seconds_left(const entry& one, time_point now) const {
  double sum = 0;
  for (const auto& each : one.pieces)
    sum += seconds_of(one, each, now);
  if (one.pieces.empty() || !known(one).speed.known())
    return sum;
  // What is late is expected to be as late again: a device that hangs is found out.
  const double front = seconds_of(one, one.pieces.front(), now);
  const double passed = std::chrono::duration<double>(now - one.front_since).count();
  return sum - front + std::max(front - passed, passed - front);
}

std::optional<uint32_t> worker_roster::lightest(time_point now) const {
  std::optional<uint32_t> best;
  double least = never;
  for (const auto& [number, it] : workers_)
    if (it.usable())
      if (const double left = seconds_left(it, now); left < least) {
        best = number;
        least = left;
      }
  return best;
}

std::vector<worker_roster::candidate> worker_roster::candidates(const batch_demand& demand, time_point now) const {
  std::vector<candidate> out;
  std::optional<uint32_t> light;
  if (std::ranges::any_of(workers_, [](const auto& it) { return it.second.has_points(); }))
    light = lightest(now);
  for (const auto& [number, it] : workers_) {
    if (!it.usable())
      continue;
    candidate one{.worker = number, .who = &it, .empty = it.pieces.empty()};
    const auto best = it.on.info.batch_tokens_best;
    one.tokens_full =
        std::max(best > 0 ? std::min<uint64_t>(demand.tokens_max, best) : demand.tokens_max, demand.text_tokens_max);
    one.free = one.empty || (it.batches() == 0 && number == light);
    // Behind work on points only where no other has less to do: that may be as long as many batches, and what is
    // handed out is not taken back.
    one.takes_full = !one.free && it.batches() < depth_ && (!it.has_points() || number == light) &&
                     (demand.items_full || demand.tokens_behind >= one.tokens_full);
    out.push_back(one);
  }
  if (std::ranges::none_of(out, [](const candidate& one) { return one.free || one.takes_full; }))
    return {};
  for (auto& one : out) {
    one.left = seconds_left(*one.who, now);
    one.all = seconds_for(*one.who, demand.tokens, one.tokens_full, now);
  }
  return out;
}

/// The speeds of those among whom what waits is dealt out: who has nothing to do, but for one so slow that its part
/// would be less than a long text.
double worker_roster::speeds_dealt(const std::vector<candidate>& all, const batch_demand& demand) {
  double sum = 0;
  double fastest = never;
  for (const auto& one : all)
    if (one.empty) {
      sum += 1 / one.all;
      fastest = std::min(fastest, one.all);
    }
  double dealt = 0;
  for (const auto& one : all) {
    const double part = static_cast<double>(demand.tokens) / (one.all * sum);
    if (one.empty && (part >= static_cast<double>(demand.text_tokens_max) || one.all <= slow_factor * fastest))
      dealt += 1 / one.all;
  }
  return dealt;
}

std::optional<batch_target> worker_roster::choose(const batch_demand& demand, time_point now) const {
  if (demand.tokens == 0)
    return std::nullopt;
  const auto all = candidates(demand, now);
  const double speeds = speeds_dealt(all, demand);
  const auto better_elsewhere = [&](const candidate& one, double finish) {
    return std::ranges::any_of(all, [&](const candidate& other) {
      return other.worker != one.worker && other.who->on.speed.known() && finish > noise * (other.left + other.all);
    });
  };
  std::optional<batch_target> best;
  double best_finish = never;
  for (const bool free : {true, false})
    for (const auto& one : all) {
      if (free ? !one.free : !one.takes_full)
        continue;
      auto tokens = one.tokens_full;
      if (one.empty) {
        const double dealt = std::ceil(static_cast<double>(demand.tokens) / (one.all * speeds) - rounding);
        tokens = std::min(tokens, std::max(static_cast<uint64_t>(dealt), demand.text_tokens_max));
      }
      const double finish = one.left + seconds_for(*one.who, std::min(tokens, demand.tokens), one.tokens_full, now);
      if (finish * noise >= best_finish || better_elsewhere(one, finish))
        continue;
      best = {.worker = one.worker, .idle = one.free, .tokens_max = tokens, .tokens_full = one.tokens_full};
      best_finish = finish;
    }
  return best;
}

std::optional<uint32_t> worker_roster::soonest(uint64_t products, time_point now) const {
  std::optional<uint32_t> best;
  double least = never;
  for (const auto& [number, it] : workers_) {
    if (!it.usable())
      continue;
    const piece added{.cost = points_cost_of(it, products), .points = true};
    if (const double finish = seconds_left(it, now) + seconds_of(it, added, now); finish < least) {
      best = number;
      least = finish;
    }
  }
  return best;
}

} // namespace weft
