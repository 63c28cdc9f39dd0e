#include "runtime/routing/placement.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace weft {
namespace {

/// The finalizer of MurmurHash3: every bit of the input moves half of the output.
constexpr uint64_t mix(uint64_t x) noexcept {
  x ^= x >> 33;
  x *= 0xFF51AFD7ED558CCDu;
  x ^= x >> 33;
  x *= 0xC4CEB9FE1A85EC53u;
  return x ^ x >> 33;
}

/// A key as it meets the nodes. Mixed once a key, so that one multiplication a node is enough even for poor keys.
struct mixed_key {
  explicit mixed_key(const cache_key& key) noexcept
      : high(mix(key.high + 0x9E3779B97F4A7C15u)), low(mix(key.low ^ high)) {}
  uint64_t high;
  uint64_t low;
};

/// A candidate: `level` is its rank in its own zone, which is what zone spreading orders by first.
struct ranked {
  uint32_t level = 0;
  uint64_t cost = 0;
  node_id node{};
  bool operator<(const ranked& other) const noexcept {
    return std::tie(level, cost, node) < std::tie(other.level, other.cost, other.node);
  }
};

/// The least `limit` candidates, in order. So few that insertion beats everything else.
class best_few {
public:
  explicit best_few(size_t limit) noexcept : limit_(limit) {}
  bool full() const noexcept { return count_ == limit_; }
  size_t size() const noexcept { return count_; }
  const ranked& operator[](size_t i) const noexcept { return items_[i]; }
  const ranked& worst() const noexcept { return items_[count_ - 1]; }
  void offer(const ranked& item) noexcept {
    if (full() && !(item < worst()))
      return;
    size_t i = full() ? count_ - 1 : count_++;
    for (; i > 0 && item < items_[i - 1]; --i)
      items_[i] = items_[i - 1];
    items_[i] = item;
  }

private:
  std::array<ranked, owners_max> items_{};
  size_t limit_;
  size_t count_ = 0;
};

uint64_t meet(const mixed_key& key, uint64_t salt_high, uint64_t salt_low) noexcept {
  const uint128 product = uint128{key.high ^ salt_high} * (key.low ^ salt_low);
  return static_cast<uint64_t>(product >> 64) ^ static_cast<uint64_t>(product);
}

} // namespace

bool owner_list::contains(node_id node) const noexcept {
  return std::find(begin(), end(), node) != end();
}

bool owner_list::operator==(const owner_list& other) const noexcept {
  return std::equal(begin(), end(), other.begin(), other.end());
}

placement::placement(std::vector<placement_node> nodes) {
  if (std::any_of(nodes.begin(), nodes.end(), [](const auto& node) { return node.weight > 0; }))
    std::erase_if(nodes, [](const auto& node) { return node.weight == 0; });
  for (auto& node : nodes)
    node.weight = std::clamp(node.weight, 1u, 65'535u);
  std::sort(nodes.begin(), nodes.end(), [](const placement_node& a, const placement_node& b) {
    return std::tie(a.node, b.weight, a.zone) < std::tie(b.node, a.weight, b.zone);
  });
  nodes.erase(std::unique(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a.node == b.node; }),
              nodes.end());
  std::stable_sort(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a.zone < b.zone; });
  for (const auto& node : nodes) {
    if (zones_.empty() || zones_.back().name != node.zone)
      zones_.push_back({node.zone, nodes_.size(), nodes_.size()});
    const uint64_t salt = mix(static_cast<uint64_t>(node.node) + 0x9E3779B97F4A7C15u);
    nodes_.push_back({node.node, salt, mix(salt ^ 0xD1B54A32D192ED03u), rendezvous_weight{node.weight}});
    zones_.back().end = nodes_.size();
  }
}

bool placement::contains(node_id node) const noexcept {
  return std::any_of(nodes_.begin(), nodes_.end(), [&](const seat& s) { return s.node == node; });
}

std::string_view placement::zone_of(node_id node) const noexcept {
  for (const auto& zone : zones_)
    for (size_t i = zone.begin; i < zone.end; ++i)
      if (nodes_[i].node == node)
        return zone.name;
  return {};
}

owner_list placement::owners(const cache_key& key, size_t count) const noexcept {
  WEFT_ASSERT(count <= owners_max);
  owner_list out;
  if (count == 0 || empty())
    return out;
  const mixed_key mixed{key};
  best_few best{std::min(count, nodes_.size())};
  // Each other zone gets an owner before this one gets its second.
  const size_t from_one_zone = count > zones_.size() ? count - zones_.size() + 1 : 1;
  for (const auto& zone : zones_) {
    best_few here{std::min(from_one_zone, zone.end - zone.begin)};
    for (size_t i = zone.begin; i < zone.end; ++i) {
      const seat& at = nodes_[i];
      const uint64_t hash = meet(mixed, at.salt_high, at.salt_low);
      const uint64_t floor = rendezvous_floor(hash, at.weight);
      if (here.full() && floor > here.worst().cost)
        continue;
      if (best.full() && best.worst().level == 0 && floor > best.worst().cost)
        continue;
      here.offer({0, rendezvous_cost(hash, at.weight), at.node});
    }
    for (size_t rank = 0; rank < here.size(); ++rank)
      best.offer({static_cast<uint32_t>(rank), here[rank].cost, here[rank].node});
  }
  for (size_t i = 0; i < best.size(); ++i)
    out.push_back(best[i].node);
  return out;
}

node_id placement::first_owner(const cache_key& key) const noexcept {
  WEFT_ASSERT(!empty());
  return owners(key, 1)[0];
}

std::vector<owner_group> group_by_owner(const placement& where, std::span<const cache_key> keys) {
  std::vector<owner_group> groups;
  std::unordered_map<node_id, size_t> places;
  for (uint32_t i = 0; i < keys.size(); ++i) {
    const node_id owner = where.first_owner(keys[i]);
    const auto [at, added] = places.try_emplace(owner, groups.size());
    if (added)
      groups.push_back({owner, {}});
    groups[at->second].items.push_back(i);
  }
  return groups;
}

} // namespace weft
