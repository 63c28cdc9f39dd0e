#pragma once

#include "runtime/base/result.hpp"

#include <span>
#include <string>
#include <string_view>

namespace weft {

/// One key of the cluster's settings, or a family of keys that ends in a valid_name() ("tenant.*").
struct setting_rule {
  std::string_view pattern;
  std::string_view value;   ///< for people: "tenant|shared"
  std::string_view meaning; ///< one sentence
  /// Only rises, and its value is its version's number: merging takes the maximum. Nobody sets it, so that no typing
  /// error can bring it so far up that it cannot rise any more.
  bool counter = false;
  bool (*valid)(std::string_view value) = nullptr;
  std::span<const std::string_view> names{}; ///< all that a family has; empty: any
};

/// All that can be set, by pattern.
std::span<const setting_rule> setting_rules() noexcept;

/// The rule of a key; null when there is none.
const setting_rule* find_setting_rule(std::string_view key) noexcept;

/// Whether the key may be set to the value. Fails with errc::invalid_argument; the message names the nearest known key,
/// the values that are allowed, or what raises the counter. For what people set: what other nodes send is taken as it
/// is, for they may be a release ahead.
status check_setting(std::string_view key, std::string_view value);

/// The known key (or pattern) that is nearest to a wrong one; "" when none is near.
std::string nearest_setting(std::string_view key);

} // namespace weft
