#pragma once

#include <cstdint>
#include <utility>

namespace weft {

/// Notices when the hit ratio collapses, which shows that the hot set has moved: what was counted before then says
/// little, and a sketch that ages at its own pace would keep newcomers out for several times the cache's size in
/// requests. Once until the ratio is usual again, so that a long scan, which looks the same, cannot wipe out all that
/// is known.
class collapse_detector {
public:
  static constexpr double collapse = 0.9; ///< of the usual ratio
  static constexpr uint64_t requests_least = 1'024;

  /// Tells one request; true: the hot set has just moved.
  bool observe(bool hit, uint64_t entries) noexcept {
    ++requests_;
    hits_ += hit;
    // A quarter of a request per entry, so that it is noticed early; at least so many that noise is below a tenth.
    if (requests_ < requests_least || requests_ * 4 < entries)
      return false;
    const double ratio = static_cast<double>(hits_) / static_cast<double>(requests_);
    requests_ = hits_ = 0;
    if (ratio < collapse * usual_)
      return !std::exchange(is_down_, true);
    is_down_ = false;
    usual_ += (ratio - usual_) / 8;
    return false;
  }

private:
  double usual_ = 0; ///< hit ratio, smoothed
  bool is_down_ = false;
  uint64_t requests_ = 0, hits_ = 0;
};

} // namespace weft
