#include "runtime/jobs/job_retirement.hpp"

#include <algorithm>
#include <vector>

namespace weft {
namespace {

using namespace std::chrono_literals;

constexpr auto look_least = 1'000ms;    // between two looks over all jobs: 10 000 of them take about a millisecond
constexpr auto look_longest = 60'000ms; // the wall clock may be set

} // namespace

void job_retirement::changed() {
  sooner(next_look_, state_.now.steady + look_least);
}

void job_retirement::tick() {
  if (!next_look_ || state_.now.steady < *next_look_)
    return;
  next_look_.reset();
  if (state_.headers.size() == 0)
    return;
  auto wait = std::chrono::milliseconds{look_longest};
  std::vector<job_header> due;
  for (const auto& [id, job] : state_.headers.all()) {
    const auto at = due_at(job.header);
    if (at <= state_.now.wall)
      due.push_back(job.header);
    else
      wait = std::min(wait, at - state_.now.wall);
  }
  for (const auto& header : due)
    retire(header);
  sooner(next_look_, state_.now.steady + std::max<std::chrono::milliseconds>(wait, look_least));
}

wall_time job_retirement::due_at(const job_header& header) const {
  if (header.state == job_state::removed)
    return forgotten_at(header, state_.options.tombstone);
  if (!state_.places.owns_header(header.id))
    return wall_time::max(); // until the members change
  return is_end(header.state) ? removed_at(header) : header.spec.expires;
}

void job_retirement::retire(const job_header& header) {
  if (header.state == job_state::removed)
    return keeper_.forget(header.id);
  auto next = header;
  next.stamp = state_.stamp();
  if (is_end(header.state)) {
    next.state = job_state::removed;
  } else {
    next.state = job_state::expired;
    next.ended = state_.now.wall;
  }
  copies_.publish(std::move(next));
}

} // namespace weft
