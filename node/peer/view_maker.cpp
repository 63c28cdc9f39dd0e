#include "node/peer/view_maker.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace weft {
namespace {

constexpr double weight_unit = 100;
constexpr double weight_max = 1'000'000;

cluster_member to_member(const member_record& from) {
  const auto& profile = *from.profile;
  return {.node = from.node,
          .epoch = from.epoch,
          .name = profile.name,
          .client_address = profile.client_address,
          .peer_address = profile.peer_address,
          .data_address = profile.data_address,
          .region = profile.region,
          .zone = profile.zone,
          .weight = static_cast<uint32_t>(std::lround(std::clamp(profile.weight * weight_unit, 0.0, weight_max))),
          .condition = condition_of(from),
          .load = from.load};
}

} // namespace

member_condition condition_of(const member_record& record) noexcept {
  if (record.state == member_state::left)
    return member_condition::left;
  if (record.state == member_state::dead)
    return member_condition::dead;
  if (record.phase == member_phase::starting)
    return member_condition::starting;
  if (record.phase == member_phase::draining || record.health == node_health::unhealthy)
    return member_condition::draining;
  return record.state == member_state::suspect ? member_condition::suspect : member_condition::serving;
}

cluster_view_ptr make_view(const member_table& members, node_id self, uint64_t version) {
  auto out = std::make_shared<cluster_view>();
  out->self = self;
  out->version = version;
  out->members.reserve(members.size());
  members.for_each([&](const member& item) {
    out->members.push_back(to_member(item.record));
    if (item.record.node == self)
      std::swap(out->members.front(), out->members.back());
  });
  std::sort(out->members.begin() + 1, out->members.end(), [](const cluster_member& a, const cluster_member& b) {
    return std::tie(a.name, a.node) < std::tie(b.name, b.node);
  });
  return out;
}

} // namespace weft
