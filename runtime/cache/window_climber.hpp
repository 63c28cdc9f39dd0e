#pragma once

#include <cstdint>
#include <optional>

namespace weft {

/// Finds the share of a cache that its window should have, by trying: a sample of requests as it is, a sample with a
/// larger or smaller window, and the new share stays only if it won by more than chance explains. Trials that fail come
/// ever more seldom, so a workload that stays pays little for them; when the hit ratio changes, they start again.
/// (Climbing after each sample, as Caffeine does, follows the noise of small samples: it cost 0.2 to 0.9 points on
/// Zipf's law.)
class window_climber {
public:
  static constexpr double share_least = 0.01;
  static constexpr double share_most = 0.8;
  /// A sample is so many requests per entry long: shorter ones end before the window has shown its effect.
  static constexpr uint64_t sample_requests = 5;

  /// Tells one request; a share when the window should change now.
  std::optional<double> observe(bool hit, uint64_t entries);

  double share() const noexcept { return share_; }

private:
  std::optional<double> judge(double ratio);
  double trial() const;

  double share_ = share_least; ///< that has proved itself
  double before_ = -1;         ///< hit ratio of the last sample with it; -1: none yet
  bool trying_ = false;
  bool upwards_ = true;
  uint32_t wait_ = 1, waited_ = 0; ///< samples between trials
  uint64_t requests_ = 0, hits_ = 0;
};

} // namespace weft
