#include "runtime/jobs/node_lanes.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace weft {
namespace {

using namespace std::chrono_literals;

/// A parcel is closed by the segment that reaches it, so it stays below gRPC's usual 4 MiB.
constexpr uint64_t parcel_bytes = 2 << 20;
constexpr size_t parcel_segments = 256;
constexpr size_t parcel_headers = 1'024;
/// Of bodies that wait for one node: what a slow one may cost this one.
constexpr uint64_t lane_bytes_max = 32 << 20;
/// One is synced there while others travel or are merged.
constexpr uint32_t parcels_flying_max = 4;
/// After a failure: 100 ms, twice as long each time, so that a node that is gone costs little and is found again soon.
constexpr auto pause_min = 100ms;
constexpr auto pause_max = 1'000ms;

struct sent_parcel {
  std::vector<node_lanes::taken> waiting;
  uint64_t bytes = 0;
};

} // namespace

void node_lanes::send(node_id to, segment_record segment, taken done) {
  auto& line = lanes_[to];
  if (line.bytes >= lane_bytes_max)
    return state_.desk.later([done = std::move(done)] {
      done(failure{errc::overloaded, "too much waits for that node already"});
    });
  line.bytes += segment.body->size();
  line.segments.push_back({std::move(segment), std::move(done)});
}

void node_lanes::tell(node_id to, job_id header, taken done) {
  auto& waiting = lanes_[to].headers[header];
  if (done)
    waiting.push_back(std::move(done));
}

void node_lanes::pump() {
  for (auto& [to, line] : lanes_)
    while (!line.empty() && state_.now.steady >= line.not_before &&
           line.flying < (line.failures > 0 ? 1 : parcels_flying_max))
      send_parcel(to, line);
}

void node_lanes::send_parcel(node_id to, lane& from) {
  keep_records out;
  const auto sent = std::make_shared<sent_parcel>();
  while (!from.headers.empty() && out.headers.size() < parcel_headers) {
    auto next = from.headers.extract(from.headers.begin());
    if (const auto* job = state_.headers.find(next.key()))
      out.headers.push_back(job->header);
    std::ranges::move(next.mapped(), std::back_inserter(sent->waiting));
  }
  while (!from.segments.empty() && sent->bytes < parcel_bytes && out.segments.size() < parcel_segments) {
    auto& next = from.segments.front();
    sent->bytes += next.segment.body->size();
    out.segments.push_back(std::move(next.segment));
    from.bytes -= out.segments.back().body->size();
    sent->waiting.push_back(std::move(next.done));
    from.segments.pop_front();
  }
  ++from.flying;
  const auto done = [this, to, sent](const result<records_kept>& answer) {
    const status outcome = answer ? ok : status{answer.error()};
    if (outcome)
      bytes_sent_ += sent->bytes;
    ended(to, outcome);
    for (const auto& waiting : sent->waiting)
      waiting(outcome);
  };
  state_.desk.ask_for<records_kept>(to, std::move(out), state_.options.keep_within, done);
}

void node_lanes::ended(node_id to, const status& outcome) {
  auto& line = lanes_[to];
  --line.flying;
  if (outcome) {
    line.failures = 0;
    line.not_before = {};
    return;
  }
  const auto pause = std::min<std::chrono::milliseconds>(pause_min * (1 << std::min(line.failures, 4u)), pause_max);
  line.not_before = state_.now.steady + pause;
  ++line.failures;
}

void node_lanes::fail(lane& what, const failure& reason) {
  const auto segments = std::exchange(what.segments, {});
  what.bytes = 0;
  const auto headers = std::exchange(what.headers, {});
  for (const auto& waiting : segments)
    waiting.done(reason);
  for (const auto& [id, all] : headers)
    for (const auto& waiting : all)
      waiting(reason);
}

void node_lanes::members_changed() {
  std::vector<node_id> gone;
  for (const auto& [to, line] : lanes_)
    if (!state_.places.is_live(to))
      gone.push_back(to);
  for (const auto node : gone) {
    fail(lanes_.at(node), failure{errc::unavailable, "the node is not live any more"});
    if (const auto line = lanes_.find(node); line->second.flying == 0 && line->second.empty())
      lanes_.erase(line);
  }
}

std::optional<time_point> node_lanes::next_wake() const {
  std::optional<time_point> out;
  for (const auto& [to, line] : lanes_)
    if (!line.empty() && line.flying == 0)
      sooner(out, line.not_before);
  return out;
}

uint64_t node_lanes::bytes_waiting() const noexcept {
  uint64_t sum = 0;
  for (const auto& [to, line] : lanes_)
    sum += line.bytes;
  return sum;
}

bool node_lanes::is_troubled(node_id node) const {
  const auto line = lanes_.find(node);
  return line != lanes_.end() && line->second.failures > 0;
}

} // namespace weft
