#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/routing/rendezvous_cost.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// A live member, as placement sees it.
struct placement_node {
  node_id node{};
  uint32_t weight = 100; ///< its share of the keys, relative to the others: 1 to 65535 (others are clamped)
  std::string zone;      ///< "" is a zone like any other
};

/// The owners that a key can have at most: first, second, third and one to move to.
inline constexpr size_t owners_max = 4;

/// The owners of a key, the first one first.
class owner_list {
public:
  size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  node_id operator[](size_t rank) const noexcept { return nodes_[rank]; }
  const node_id* begin() const noexcept { return nodes_.data(); }
  const node_id* end() const noexcept { return nodes_.data() + count_; }
  bool contains(node_id node) const noexcept;
  void push_back(node_id node) noexcept { nodes_[count_++] = node; }

  bool operator==(const owner_list& other) const noexcept;

private:
  std::array<node_id, owners_max> nodes_{};
  size_t count_ = 0;
};

/// Which nodes own a key: weighted rendezvous hashing over the live members of a region. Every node computes the same
/// owners from the same members, whatever their order, on any machine: integers only.
///
/// The first owner is the highest ranked node. Each further owner is the highest ranked node among the zones that have
/// the fewest owners so far, so that with n zones the first n owners are in different zones.
/// One more node changes at most one owner of a key, and that one is the new node; one less hands its place to the
/// next. Immutable, so thread-safe; made anew when membership changes.
class placement {
public:
  placement() = default;
  /// A node given twice counts once: the greatest weight, then the least zone, so that all agree.
  explicit placement(std::vector<placement_node> nodes);

  size_t size() const noexcept { return nodes_.size(); }
  bool empty() const noexcept { return nodes_.empty(); }
  size_t zones() const noexcept { return zones_.size(); }
  bool contains(node_id node) const noexcept;
  /// The zone of a node; "" when it is no member.
  std::string_view zone_of(node_id node) const noexcept;

  /// The first min(count, size()) owners. REQUIRES: count <= owners_max.
  owner_list owners(const cache_key& key, size_t count) const noexcept;
  /// REQUIRES: !empty().
  node_id first_owner(const cache_key& key) const noexcept;
  /// Whether `node` is among the first `count` owners.
  bool owns(node_id node, const cache_key& key, size_t count) const noexcept {
    return owners(key, count).contains(node);
  }

private:
  struct seat { // what a key meets in the loop over all nodes; 48 bytes
    node_id node{};
    uint64_t salt_high = 0;
    uint64_t salt_low = 0;
    rendezvous_weight weight{1};
  };
  struct zone_range {
    std::string name;
    size_t begin = 0; ///< of nodes_
    size_t end = 0;
  };

  std::vector<seat> nodes_; ///< by zone, then by node
  std::vector<zone_range> zones_;
};

/// The items of a call with the same first owner: one peer RPC each.
struct owner_group {
  node_id owner{};
  std::vector<uint32_t> items; ///< indexes into the keys, ascending
};

/// Groups keys by their first owner; the groups are in the order of their first items. REQUIRES: !where.empty().
std::vector<owner_group> group_by_owner(const placement& where, std::span<const cache_key> keys);

} // namespace weft
