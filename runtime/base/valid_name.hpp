#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace weft {

inline constexpr size_t name_bytes_max = 64;

/// The one rule for names that people give to API keys and tenants, wherever they write them (configuration, settings):
/// 1 to 64 of a-z, A-Z, 0-9, '.', '_' and '-'.
constexpr bool valid_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= name_bytes_max && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

/// For messages.
inline constexpr std::string_view name_rule = "1 to 64 letters, digits, '.', '_' or '-'";

} // namespace weft
