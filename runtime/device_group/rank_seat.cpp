#include "runtime/device_group/rank_seat.hpp"

#include <algorithm>
#include <string>

namespace weft {
namespace {

bool lives(const cluster_member& m) {
  return m.condition != member_condition::dead && m.condition != member_condition::left;
}

} // namespace

result<rank_seat> seat_of(const job_id& job, const group_formation& formation, const group_worker& self,
                          const cluster_view& view) {
  const auto place = formation.place_of(self);
  if (!place)
    return failure{errc::invalid_argument, "this worker takes no part in epoch " + std::to_string(formation.epoch)};
  rank_seat out{.job = job, .group = *place};
  for (const auto& rank : formation.ranks) {
    const auto found = std::find_if(view.members.begin(), view.members.end(), [&](const cluster_member& m) {
      return m.node == rank.node && m.epoch == rank.boot && lives(m) && !m.data_address.empty();
    });
    if (found == view.members.end())
      return failure{errc::unavailable,
                     "the node of rank " + std::to_string(out.addresses.size()) +
                         " has gone, started anew or cannot be reached: form again without it",
                     {{"rank", std::to_string(out.addresses.size())}}};
    out.addresses.push_back(found->data_address);
  }
  return out;
}

} // namespace weft
