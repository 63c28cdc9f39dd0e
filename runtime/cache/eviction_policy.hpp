#pragma once

#include "runtime/cache/lru_policy.hpp"
#include "runtime/cache/policy_kind.hpp"
#include "runtime/cache/ranked_policies.hpp"
#include "runtime/cache/tiny_lfu_policy.hpp"

#include <variant>

namespace weft {

/// One interface over all policies: says which slot leaves next. The table tells it every insert, hit and removal.
/// Not thread-safe.
class eviction_policy {
public:
  /// bytes_max: the table's budget. The sketch, which sees every request, outlives the policy.
  eviction_policy(policy_kind kind, uint64_t bytes_max, frequency_sketch& sketch)
      : policy_(make(kind, bytes_max, sketch)) {}

  void insert(slot s, const entry_traits& entry) {
    std::visit([&](auto& p) { p.insert(s, entry); }, policy_);
  }
  /// A hit.
  void touch(slot s) {
    std::visit([&](auto& p) { p.touch(s); }, policy_);
  }
  void erase(slot s) {
    std::visit([&](auto& p) { p.erase(s); }, policy_);
  }
  /// Who leaves next, perhaps the newest itself; no_slot when empty. The table erases it before it asks again.
  slot victim() {
    return std::visit([](auto& p) { return p.victim(); }, policy_);
  }

private:
  using any = std::variant<lru_policy, lfu_policy, ttl_policy, tiny_lfu_policy, gdsf_policy>;

  static any make(policy_kind kind, uint64_t bytes_max, frequency_sketch& sketch) {
    switch (kind) {
    case policy_kind::lru:
      return lru_policy{};
    case policy_kind::lfu:
      return lfu_policy{};
    case policy_kind::ttl:
      return ttl_policy{};
    case policy_kind::gdsf:
      return gdsf_policy{};
    case policy_kind::tiny_lfu:
      break;
    }
    return tiny_lfu_policy{bytes_max, sketch};
  }

  any policy_;
};

} // namespace weft
