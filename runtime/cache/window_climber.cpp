#include "runtime/cache/window_climber.hpp"

#include <algorithm>
#include <cmath>

namespace weft {
namespace {

/// Small windows grow by factors, large ones by an eighth of the cache.
constexpr double factor = 4;
constexpr double step_most = 0.125;
constexpr uint32_t wait_most = 32;
/// Standard deviations of the difference of two samples; 3 are passed by chance once in 700.
constexpr double deviations = 3;
/// The workload has changed: trials start again.
constexpr double new_workload = 0.05;

} // namespace

double window_climber::trial() const {
  const double wanted =
      upwards_ ? std::min(share_ * factor, share_ + step_most) : std::max(share_ / factor, share_ - step_most);
  return std::clamp(wanted, share_least, share_most);
}

std::optional<double> window_climber::observe(bool hit, uint64_t entries) {
  ++requests_;
  hits_ += hit;
  if (requests_ < sample_requests * std::max<uint64_t>(entries, 64))
    return std::nullopt;
  const auto change = judge(static_cast<double>(hits_) / static_cast<double>(requests_));
  requests_ = hits_ = 0;
  return change;
}

std::optional<double> window_climber::judge(double ratio) {
  if (!trying_) {
    if (std::abs(ratio - before_) > new_workload)
      wait_ = 1;
    before_ = ratio;
    if (++waited_ < wait_)
      return std::nullopt;
    waited_ = 0;
    if (trial() == share_)
      upwards_ = !upwards_;
    trying_ = true;
    return trial();
  }
  trying_ = false;
  const double noise = std::sqrt(2 * before_ * (1 - before_) / static_cast<double>(requests_));
  if (ratio > before_ + deviations * noise) {
    share_ = trial();
    before_ = ratio;
    wait_ = 1;
    return std::nullopt; // it has this share already
  }
  upwards_ = !upwards_;
  wait_ = std::min(2 * wait_, wait_most);
  return share_;
}

} // namespace weft
