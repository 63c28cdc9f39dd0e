#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/time.hpp"
#include "runtime/membership/options.hpp"

#include <array>
#include <cstdint>

namespace weft {

/// How long a confirmed suspicion lasts among `members` live members: multiplier × max(1, log10 n) × probe_interval,
/// and not less than small_suspicion_min in a small cluster.
duration suspicion_min(const membership_options& options, uint32_t members);

/// How long a suspicion lasts in all, after `confirmations` of the `expected` ones:
/// max(least, most − (most − least) · log(c + 1) / log(expected + 1))   (Lifeguard, Dadgar and others, 2018, §IV-B)
/// Without expected ones it is `least`.
duration suspicion_time(duration least, duration most, uint32_t confirmations, uint32_t expected);

/// One member under suspicion: who said so, and when it is over. Another accuser's word counts once and brings the
/// end nearer; the accuser who started it never counts again.
class suspicion {
public:
  static constexpr uint32_t accusers_max = 8;

  /// REQUIRES: expected < accusers_max.
  suspicion(node_id accuser, duration least, duration most, uint32_t expected, time_point now);

  /// True: news worth passing on. False: known already, or enough.
  bool confirm(node_id accuser);

  /// Fewer members are left who could confirm.
  void expect_at_most(uint32_t expected);

  /// We were not looking for so long: that time does not count.
  void postpone(duration by) noexcept { start_ += by; }

  time_point deadline() const { return start_ + suspicion_time(least_, most_, confirmations(), expected_); }
  uint32_t confirmations() const noexcept { return accusers_ - 1; }

private:
  std::array<node_id, accusers_max> accused_by_{};
  uint32_t accusers_ = 1;
  uint32_t expected_;
  duration least_;
  duration most_;
  time_point start_;
};

} // namespace weft
