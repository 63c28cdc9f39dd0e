#include "node/peer/rank_desk.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace weft {
namespace {

constexpr std::chrono::milliseconds retry_after{100};

rank_place place_of(const rank_pair& pair) {
  return {.communicator = pair.communicator, .rank = pair.to};
}

failure epoch_is_over(uint64_t asked, uint64_t runs) {
  return {errc::unavailable,
          "epoch " + std::to_string(asked) + " of the communicator is over, epoch " + std::to_string(runs) + " runs",
          {{"epoch", std::to_string(runs)}}};
}

failure formed_otherwise(uint64_t epoch) {
  return {errc::unavailable,
          "another formation of epoch " + std::to_string(epoch) + " runs: form again, in a higher one",
          {{"epoch", std::to_string(epoch)}}};
}

} // namespace

status rank_desk::open(const rank_place& place, std::shared_ptr<rank_host> host) {
  std::vector<waiting> here, over, strange;
  {
    const std::lock_guard hold(mutex_);
    const auto taken = [&](const opened& o) { return o.place == place; };
    if (std::any_of(open_.begin(), open_.end(), taken) ||
        std::find(ended_.begin(), ended_.end(), place) != ended_.end())
      return failure{errc::invalid_argument, "rank " + std::to_string(place.rank) + " takes part in epoch " +
                                                 std::to_string(place.communicator.epoch) + " already, or did"};
    open_.push_back({place, host});
    std::vector<waiting> rest;
    for (auto& w : held_) {
      const auto& theirs = w.pair.communicator;
      const auto& ours = place.communicator;
      if (place_of(w.pair) == place)
        here.push_back(std::move(w));
      else if (theirs.job == ours.job && theirs.epoch < ours.epoch)
        over.push_back(std::move(w));
      else if (theirs.job == ours.job && theirs.epoch == ours.epoch && theirs.formation != ours.formation)
        strange.push_back(std::move(w));
      else
        rest.push_back(std::move(w));
    }
    held_ = std::move(rest);
  }
  for (auto& w : here)
    if (w.pair.ranks == host->ranks())
      host->take(w.pair.from, std::move(w.stream));
    else
      w.stream->refuse({errc::invalid_argument, "the communicator has " + std::to_string(host->ranks()) + " ranks"});
  for (const auto& w : over)
    w.stream->refuse(epoch_is_over(w.pair.communicator.epoch, place.communicator.epoch));
  for (const auto& w : strange)
    w.stream->refuse(formed_otherwise(place.communicator.epoch));
  return ok;
}

void rank_desk::close(const rank_place& place) {
  std::shared_ptr<rank_host> host; // lets go of it after the lock
  const std::lock_guard hold(mutex_);
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const opened& o) { return o.place == place; });
  if (found == open_.end())
    return;
  host = std::move(found->host);
  open_.erase(found);
  ended_.push_back(place);
  if (ended_.size() > options_.ended_max)
    ended_.pop_front();
}

void rank_desk::arrive(const rank_pair& pair, std::shared_ptr<rank_stream> stream) {
  failure why{errc::none, {}};
  const auto host = place_for(pair, stream, why);
  if (host)
    host->take(pair.from, std::move(stream));
  else if (why.code != errc::none)
    stream->refuse(std::move(why));
}

/// Null without a reason: the stream is held.
std::shared_ptr<rank_host> rank_desk::place_for(const rank_pair& pair, std::shared_ptr<rank_stream> stream,
                                                failure& why) {
  const std::lock_guard hold(mutex_);
  const auto place = place_of(pair);
  for (const auto& o : open_)
    if (o.place == place) {
      if (o.host->ranks() == pair.ranks)
        return o.host;
      why = {errc::invalid_argument, "the communicator has " + std::to_string(o.host->ranks()) + " ranks"};
      return nullptr;
    }
  const auto& [job, epoch, formation] = pair.communicator;
  const auto newest = newest_epoch(job);
  if (newest > epoch)
    why = epoch_is_over(epoch, newest);
  else if (runs_otherwise(pair.communicator))
    why = formed_otherwise(epoch);
  else if (std::find(ended_.begin(), ended_.end(), place) != ended_.end())
    why = {errc::unavailable, "rank " + std::to_string(pair.to) + " has closed its end"};
  else if (held_.size() >= options_.held_max)
    why = {errc::overloaded,
           "too many streams wait for ranks that are not there",
           {{"limit", std::to_string(options_.held_max)}},
           retry_after};
  else
    held_.push_back({pair, std::move(stream)});
  return nullptr;
}

/// Of those that run here; 0: none does.
uint64_t rank_desk::newest_epoch(const job_id& job) const {
  uint64_t out = 0;
  for (const auto& o : open_)
    if (o.place.communicator.job == job)
      out = std::max(out, o.place.communicator.epoch);
  return out;
}

/// Whether a rank here takes part in another formation of this epoch. (One that has closed says nothing: who formed
/// anew in the same epoch is refused by whoever adopted the other.)
bool rank_desk::runs_otherwise(const communicator_id& asked) const {
  return std::any_of(open_.begin(), open_.end(), [&](const opened& o) {
    const auto& ours = o.place.communicator;
    return ours.job == asked.job && ours.epoch == asked.epoch && ours.formation != asked.formation;
  });
}

bool rank_desk::forget(const rank_stream* stream) {
  const std::lock_guard hold(mutex_);
  const auto found =
      std::find_if(held_.begin(), held_.end(), [&](const waiting& w) { return w.stream.get() == stream; });
  if (found == held_.end())
    return false;
  held_.erase(found);
  return true;
}

size_t rank_desk::held() const {
  const std::lock_guard hold(mutex_);
  return held_.size();
}

} // namespace weft
