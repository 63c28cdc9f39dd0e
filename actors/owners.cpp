#include "actors/owners.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace weft {
namespace {

std::vector<placement_node> working_members(const cluster_view& cluster, bool with_self) {
  std::vector<placement_node> out;
  const auto* self = find_member(cluster, cluster.self);
  for (const auto& member : cluster.members)
    if (self && member.region == self->region && takes_work(member.condition) && member.weight > 0 &&
        (with_self || member.node != cluster.self))
      out.push_back({member.node, member.weight, member.zone});
  return out;
}

} // namespace

const cluster_member* find_member(const cluster_view& cluster, node_id node) {
  const auto found = std::ranges::find(cluster.members, node, &cluster_member::node);
  return found == cluster.members.end() ? nullptr : &*found;
}

placement owners_in(const cluster_view& cluster) {
  auto nodes = working_members(cluster, true);
  if (nodes.empty() || (nodes.size() == 1 && nodes.front().node == cluster.self))
    return {};
  return placement{std::move(nodes)};
}

bool same_owners(const cluster_view& a, const cluster_view& b) {
  return a.self == b.self &&
         std::ranges::equal(a.members, b.members, [](const cluster_member& x, const cluster_member& y) {
           return x.node == y.node && x.epoch == y.epoch && x.weight == y.weight && x.zone == y.zone &&
                  x.region == y.region && x.data_address == y.data_address &&
                  takes_work(x.condition) == takes_work(y.condition);
         });
}

placement owners_without_self(const cluster_view& cluster) {
  return placement{working_members(cluster, false)};
}

const cluster_member* other_owner(const cluster_view& cluster, const placement& owners, const cache_key& key) {
  for (const auto node : owners.owners(key, 2))
    if (node != cluster.self)
      return find_member(cluster, node);
  return nullptr;
}

} // namespace weft
