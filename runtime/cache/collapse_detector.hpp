#pragma once

#include <cstdint>

namespace weft {

/// Notices when the hit ratio collapses, which shows that the hot set has moved: what was counted before then says
/// little, and a sketch that ages at its own pace would keep newcomers out for several times the cache's size in
/// requests. At most halvings_most times in a row, so that a long scan, which looks the same, cannot wipe out all that
/// is known.
class collapse_detector {
public:
  static constexpr double collapse = 0.7; ///< of the usual ratio
  static constexpr uint32_t halvings_most = 2;

  /// Tells one request; true: halve the sketch now.
  bool observe(bool hit, uint64_t entries) noexcept {
    ++requests_;
    hits_ += hit;
    if (requests_ * 4 < (entries < 256 ? 256 : entries)) // a quarter of a request per entry: noticed early
      return false;
    const double ratio = static_cast<double>(hits_) / static_cast<double>(requests_);
    requests_ = hits_ = 0;
    const bool collapsed = ratio < collapse * usual_;
    if (!collapsed) {
      halvings_ = 0;
      usual_ += (ratio - usual_) / 8;
      return false;
    }
    return halvings_++ < halvings_most;
  }

private:
  double usual_ = 0; ///< hit ratio, smoothed
  uint32_t halvings_ = 0;
  uint64_t requests_ = 0, hits_ = 0;
};

} // namespace weft
