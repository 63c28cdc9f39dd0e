#include "runtime/membership/suspicion.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cmath>

namespace weft {

duration suspicion_min(const membership_options& options, uint32_t members) {
  double scale = std::max(1.0, std::log10(static_cast<double>(std::max(members, 1u))));
  auto interval = std::chrono::duration_cast<duration>(options.probe_interval);
  auto time = duration{static_cast<duration::rep>(static_cast<double>(interval.count()) * scale *
                                                  static_cast<double>(options.suspicion_multiplier))};
  if (members < options.small_cluster)
    time = std::max<duration>(time, options.small_suspicion_min);
  return time;
}

duration suspicion_time(duration least, duration most, uint32_t confirmations, uint32_t expected) {
  if (confirmations >= expected)
    return least;
  double share = std::log(confirmations + 1.0) / std::log(expected + 1.0);
  auto time = static_cast<double>(most.count()) - share * static_cast<double>((most - least).count());
  return std::max(least, duration{static_cast<duration::rep>(time)});
}

suspicion::suspicion(node_id accuser, duration least, duration most, uint32_t expected, time_point now)
    : expected_(expected), least_(least), most_(most), start_(now) {
  WEFT_ASSERT(expected < accusers_max);
  accused_by_[0] = accuser;
}

bool suspicion::confirm(node_id accuser) {
  if (confirmations() >= expected_)
    return false;
  auto* end = accused_by_.begin() + accusers_;
  if (std::find(accused_by_.begin(), end, accuser) != end)
    return false;
  accused_by_[accusers_++] = accuser;
  return true;
}

void suspicion::expect_at_most(uint32_t expected) {
  expected_ = std::min(expected_, expected);
}

} // namespace weft
