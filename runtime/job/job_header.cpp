#include "runtime/job/job_header.hpp"

#include "runtime/job/record_codec.hpp"

#include <algorithm>
#include <tuple>

namespace weft {
namespace {

/// The place of a state in its chain: merged() is the maximum of it.
constexpr int rank_of(job_state s) noexcept {
  constexpr int ends = static_cast<int>(job_state::done) + static_cast<int>(job_state::expired);
  const int place = static_cast<int>(s);
  return is_end(s) && s != job_state::removed ? ends - place : place;
}

/// NaN counts as nothing, or the maximum would depend on the order.
double greater(double a, double b) noexcept {
  return std::max(a >= 0 ? a : 0.0, b >= 0 ? b : 0.0);
}

job_progress greater(const job_progress& a, const job_progress& b) noexcept {
  return {.items_durable = std::max(a.items_durable, b.items_durable),
          .items_done = std::max(a.items_done, b.items_done),
          .items_failed = std::max(a.items_failed, b.items_failed),
          .items_cached = std::max(a.items_cached, b.items_cached),
          .tokens = std::max(a.tokens, b.tokens),
          .device_seconds = greater(a.device_seconds, b.device_seconds)};
}

/// Whether `a` takes the place of `b`: a total order, so that all nodes choose the same.
bool goes_first(const job_spec& a, const job_spec& b) {
  if (a.created != b.created)
    return a.created < b.created;
  return a != b && encode(a) < encode(b);
}

/// Of two ends of one kind the earlier; an end that is known before one that is not.
std::optional<wall_time> earlier(std::optional<wall_time> a, std::optional<wall_time> b) noexcept {
  if (a && b)
    return std::min(*a, *b);
  return a ? a : b;
}

} // namespace

bool merge(job_header& into, const job_header& other) {
  auto out = into;
  if (goes_first(other.spec, out.spec))
    out.spec = other.spec;
  if (rank_of(other.state) > rank_of(out.state))
    std::tie(out.state, out.ended) = std::tie(other.state, other.ended);
  else if (other.state == out.state)
    out.ended = earlier(out.ended, other.ended);
  // As a pair: both numbers are of one and the same submission.
  if (std::tie(other.segments_total, other.items_total) > std::tie(out.segments_total, out.items_total))
    std::tie(out.segments_total, out.items_total) = std::tie(other.segments_total, other.items_total);
  out.progress = greater(out.progress, other.progress);
  out.stamp = std::max(out.stamp, other.stamp);
  if (out == into)
    return false;
  into = std::move(out);
  return true;
}

} // namespace weft
