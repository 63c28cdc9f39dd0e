#pragma once

#include "runtime/base/result.hpp"

#include <span>
#include <string>
#include <string_view>

namespace weft {

/// One key of the cluster's settings, or a family of keys that ends in a name ("tenant.*").
struct setting_rule {
  std::string_view pattern;
  std::string_view value;   ///< for people: "tenant|shared"
  std::string_view meaning; ///< one sentence
  bool counter = false;     ///< only rises, and its value is its version's number: merging takes the maximum
  bool (*valid)(std::string_view value) = nullptr;
};

/// All that can be set, by pattern.
std::span<const setting_rule> setting_rules() noexcept;

/// The rule of a key; null when there is none.
const setting_rule* find_setting_rule(std::string_view key) noexcept;

/// Whether the key may have the value. Fails with errc::invalid_argument; the message names the nearest known key, or
/// the values that are allowed. For what people set: what other nodes send is taken as it is, for they may be a release
/// ahead.
status check_setting(std::string_view key, std::string_view value);

/// The known key (or pattern) that is nearest to a wrong one; "" when none is near.
std::string nearest_setting(std::string_view key);

/// The name of a member of a family: 1 to 64 of a-z, A-Z, 0-9, '_' and '-'.
bool valid_setting_name(std::string_view name) noexcept;

} // namespace weft
