#include "runtime/jobs/job_places.hpp"

#include "runtime/base/mix_bits.hpp"
#include "runtime/jobs/quorum.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

uint64_t hash_of(const placement_node& node) noexcept {
  uint64_t hash = mix_bits(static_cast<uint64_t>(node.node) + 0x9e3779b97f4a7c15ULL);
  hash = mix_bits(hash ^ node.weight);
  for (const char letter : node.zone)
    hash = mix_bits(hash ^ static_cast<uint8_t>(letter));
  return hash;
}

} // namespace

cache_key segment_key(segment_id id) noexcept {
  const auto low = mix_bits(id.job.low + (uint64_t{id.index} + 1) * 0x9e3779b97f4a7c15ULL);
  return {.high = mix_bits(id.job.high ^ low), .low = low};
}

job_places::job_places(const cluster_view& view, node_id self, std::string_view region) : self_(self) {
  std::vector<placement_node> nodes;
  std::vector<placement_node> dead;
  for (const auto& member : view.members) {
    if (member.region != region)
      continue;
    if (takes_work(member.condition))
      nodes.push_back({member.node, member.weight, member.zone});
  }
  for (const auto* member : missing_members(view, region))
    dead.push_back({member->node, member->weight, member->zone});
  for (const auto& node : nodes) {
    live_.push_back(node.node);
    hash_ += hash_of(node); // a sum: the order of the members does not matter
  }
  std::ranges::sort(live_);
  live_.erase(std::unique(live_.begin(), live_.end()), live_.end());
  others_ = live_;
  std::erase(others_, self);
  hash_with_dead_ = hash_;
  for (const auto& node : dead)
    hash_with_dead_ += mix_bits(hash_of(node) + 1); // other than if it were live
  dead.insert(dead.end(), nodes.begin(), nodes.end());
  with_dead_ = placement{std::move(dead)};
  nodes_ = placement{std::move(nodes)};
}

bool job_places::is_live(node_id node) const noexcept {
  return std::ranges::binary_search(live_, node);
}

owner_list job_places::owners(segment_id id, uint32_t copies) const noexcept {
  return nodes_.owners(segment_key(id), std::min<size_t>(copies, owners_max));
}

bool job_places::is_takeover(segment_id id) const noexcept {
  return !nodes_.empty() && with_dead_.first_owner(segment_key(id)) != nodes_.first_owner(segment_key(id));
}

std::vector<node_id> job_places::ranked(segment_id id) const {
  const auto first = nodes_.owners(segment_key(id), owners_max);
  std::vector<node_id> out(first.begin(), first.end());
  std::vector<std::pair<uint64_t, node_id>> rest;
  for (const auto node : live_)
    if (!first.contains(node))
      rest.emplace_back(mix_bits(segment_key(id).low ^ mix_bits(static_cast<uint64_t>(node))), node);
  std::ranges::sort(rest);
  for (const auto& [cost, node] : rest)
    out.push_back(node);
  return out;
}

std::optional<node_id> job_places::header_owner(job_id id) const noexcept {
  if (nodes_.empty())
    return std::nullopt;
  return nodes_.first_owner({.high = id.high, .low = id.low});
}

} // namespace weft
