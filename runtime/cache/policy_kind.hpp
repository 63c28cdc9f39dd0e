#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weft {

/// Who leaves a full cache first.
enum class policy_kind : uint8_t { lru, lfu, ttl, tiny_lfu, gdsf };
inline constexpr policy_kind policy_kinds[] = {policy_kind::lru, policy_kind::lfu, policy_kind::ttl,
                                               policy_kind::tiny_lfu, policy_kind::gdsf};

constexpr std::string_view to_string(policy_kind kind) noexcept {
  switch (kind) {
  case policy_kind::lru:
    return "lru";
  case policy_kind::lfu:
    return "lfu";
  case policy_kind::ttl:
    return "ttl";
  case policy_kind::tiny_lfu:
    return "w-tinylfu";
  case policy_kind::gdsf:
    return "gdsf";
  }
  return "?";
}

/// As a configuration names it.
constexpr std::optional<policy_kind> parse_policy_kind(std::string_view name) noexcept {
  for (auto kind : policy_kinds)
    if (to_string(kind) == name)
      return kind;
  return std::nullopt;
}

} // namespace weft
