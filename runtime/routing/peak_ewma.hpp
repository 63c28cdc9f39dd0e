#pragma once

#include "runtime/base/time.hpp"

#include <chrono>
#include <cmath>

namespace weft {

/// e^(-age / constant), 1 for an age below zero.
inline double decay(duration age, duration constant) {
  const auto seconds = [](duration d) { return std::chrono::duration<double>(d).count(); };
  return age <= duration::zero() ? 1.0 : std::exp(-seconds(age) / seconds(constant));
}

/// A moving average that rises to a peak at once and falls slowly (Finagle's peak EWMA): whoever has become slow is
/// avoided from the first slow answer on, and has to earn trust again. It fades when nothing comes in, so that whoever
/// was slow once is tried again.
class peak_ewma {
public:
  explicit peak_ewma(duration constant) noexcept : constant_(constant) {}

  bool empty() const noexcept { return value_ <= 0; }
  double value(time_point now) const { return value_ * decay(now - at_, constant_); }
  void observe(double sample, time_point now) {
    if (sample >= value_) {
      value_ = sample;
    } else {
      const double keep = decay(now - at_, constant_);
      value_ = value_ * keep + sample * (1 - keep);
    }
    at_ = now;
  }

private:
  duration constant_;
  double value_ = 0;
  time_point at_{};
};

} // namespace weft
