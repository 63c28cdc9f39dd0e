#pragma once

#include "runtime/device_group/regroup.hpp"
#include "runtime/ports/cluster_view.hpp"
#include "runtime/ports/rank_carrier.hpp"

namespace weft {

/// Where a rank sits and how it reaches the others: what rank_carrier::join() needs.
/// errc::invalid_argument: the worker takes no part. errc::unavailable: the process of some rank is no member that
/// lives and can be reached (the message names the rank); form again without it.
result<rank_seat> seat_of(const job_id& job, const group_formation& formation, const group_worker& self,
                          const cluster_view& view);

} // namespace weft
