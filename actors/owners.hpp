#pragma once

#include "runtime/ports/cluster_view.hpp"
#include "runtime/routing/placement.hpp"

namespace weft {

/// Who owns keys: the members of this node's region that take work and have weight. Empty while that is this node
/// alone, or nobody.
placement owners_in(const cluster_view& cluster);

/// Whether both have the same owners at the same addresses: loads and suspicions come often and change nothing here.
bool same_owners(const cluster_view& a, const cluster_view& b);

/// The members that own keys, without this node: who has them when it is gone.
placement owners_without_self(const cluster_view& cluster);

/// Of the key's first two owners the one that is not this node, the first one if both are not: where its second copy
/// is, or is to be. Null: there is nobody else.
const cluster_member* other_owner(const cluster_view& cluster, const placement& owners, const cache_key& key);

/// Null when there is none.
const cluster_member* find_member(const cluster_view& cluster, node_id node);

} // namespace weft
