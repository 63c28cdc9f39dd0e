#include "runtime/device_group/regroup.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/mix_bits.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

namespace weft {

uint64_t group_formation::fingerprint() const noexcept {
  uint64_t print = mix_bits(epoch);
  const auto add = [&](uint64_t number) { print = mix_bits(print + number) + 0x9e3779b97f4a7c15ULL; };
  for (const auto& rank : ranks) {
    add(static_cast<uint64_t>(rank.node));
    add(static_cast<uint64_t>(rank.boot));
    add(rank.number);
  }
  add(ranks.size());
  return print;
}

std::optional<collective_group> group_formation::place_of(const group_worker& worker) const {
  const auto at = std::lower_bound(ranks.begin(), ranks.end(), worker);
  if (at == ranks.end() || *at != worker)
    return std::nullopt;
  return collective_group{epoch, static_cast<uint32_t>(at - ranks.begin()), static_cast<uint32_t>(ranks.size()),
                          fingerprint()};
}

regroup::regroup(options limits) : limits_(limits) {
  WEFT_ASSERT(limits.ranks_max > 0);
  WEFT_ASSERT(limits.ranks_max <= collective_ranks_max);
}

status regroup::adopt(group_formation formation) {
  const auto& ranks = formation.ranks;
  if (ranks.empty() || ranks.size() > limits_.ranks_max || formation.epoch == 0 || !is_in_range(formation.epoch) ||
      !std::is_sorted(ranks.begin(), ranks.end(), std::less_equal<>{}))
    return failure{errc::invalid_argument, "not a formation: 1 to " + std::to_string(limits_.ranks_max) +
                                               " workers in ascending order and an epoch from 1 to " +
                                               std::to_string(std::min(epoch_max, epoch_seen_ + epoch_step_max)) +
                                               " are needed; both ends must run the same release"};
  if (present_ && *present_ == formation)
    return ok;
  if (formation.epoch <= epoch_seen_)
    return failure{errc::unavailable,
                   "epoch " + std::to_string(formation.epoch) + " is over: form again, above " +
                       std::to_string(epoch_seen_),
                   {{"epoch", std::to_string(epoch_seen_)}}};
  epoch_seen_ = formation.epoch;
  present_ = std::move(formation);
  return ok;
}

bool regroup::is_in_range(uint64_t epoch) const noexcept {
  return epoch <= epoch_max && epoch <= epoch_seen_ + epoch_step_max;
}

void regroup::saw(uint64_t epoch) noexcept {
  if (epoch <= epoch_seen_ || !is_in_range(epoch))
    return;
  epoch_seen_ = epoch;
  present_.reset(); // the others have gone on without it
}

} // namespace weft
