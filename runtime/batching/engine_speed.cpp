#include "runtime/batching/engine_speed.hpp"

#include <algorithm>
#include <cmath>

namespace weft {
namespace {

// Sizes whose standard deviation is below half of their mean tell the two parts apart by noise only: of full batches
// and not quite full ones most of the time would look fixed, and no small call would go there.
constexpr double variance_min = 0.25;
// Beyond the largest batch so far a token is guessed to cost a sixteenth: a device that has had small batches only is
// tried with a large one, and known from then on.
constexpr double beyond_largest = 1.0 / 16;
// A token costs this share of its mean cost at least, whatever noise makes of the slope.
constexpr double token_share_min = 1e-3;
// Of the mean time, as much is fixed at most where sizes no longer differ and times have become shorter.
constexpr double fixed_share_max = 0.9;
// An engine is never thought to be faster than so: what takes no time at all cannot be compared.
constexpr double faded_min = 1e-6;

double seconds(duration d) {
  return std::chrono::duration<double>(d).count();
}

} // namespace

void engine_speed::batch(uint64_t tokens, std::chrono::nanoseconds busy, time_point now) noexcept {
  const double n = static_cast<double>(tokens);
  const double t = std::chrono::duration<double>(busy).count();
  if (tokens == 0 || t <= 0)
    return;
  rate_.batch(tokens, busy);
  const double age = known() ? std::max(seconds(now - measured_), 0.0) : 0;
  const double keep = std::exp(-t / static_cast<double>(memory.count()) - age / static_cast<double>(fades.count()));
  const double expected = known() ? std::max(seconds_of_one(n), t * token_share_min) : t;
  const double weight = 1 / (expected * expected);
  weight_ = weight_ * keep + weight;
  n_ = n_ * keep + weight * n;
  t_ = t_ * keep + weight * t;
  nn_ = nn_ * keep + weight * n * n;
  nt_ = nt_ * keep + weight * n * t;
  largest_ = std::max(largest_, n);
  batches_ = std::min(batches_ + 1, batches_sure);
  measured_ = now;
  fit();
}

void engine_speed::fit() noexcept {
  const double n = n_ / weight_;
  const double t = t_ / weight_;
  const double variance = nn_ / weight_ - n * n;
  if (variance > variance_min * n * n) {
    separate_ = true;
    token_ = std::max((nt_ / weight_ - n * t) / variance, token_share_min * t / n);
    fixed_ = std::max(t - token_ * n, 0.0);
  } else {
    fixed_ = separate_ ? std::min(fixed_, fixed_share_max * t) : 0;
  }
  token_ = (t - fixed_) / n;
}

double engine_speed::seconds_of_one(double tokens) const noexcept {
  const double seen = std::min(tokens, largest_);
  return fixed_ + token_ * (seen + beyond_largest * (tokens - seen));
}

double engine_speed::seconds_for(uint64_t tokens, uint64_t tokens_max) const noexcept {
  const auto rest = tokens % tokens_max;
  const double full = static_cast<double>(tokens / tokens_max);
  return full * seconds_of_one(static_cast<double>(tokens_max)) +
         (rest > 0 ? seconds_of_one(static_cast<double>(rest)) : 0);
}

double engine_speed::faded(time_point now) const noexcept {
  const double age = std::max(seconds(now - measured_), 0.0);
  const double left = std::exp(-age / static_cast<double>(fades.count()));
  return std::max(left, batches_ >= batches_sure ? 1 / fade_max : faded_min);
}

} // namespace weft
