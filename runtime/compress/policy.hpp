#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compress/kinds.hpp"
#include "runtime/compress/parameters.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

/// A text beyond this is large: a strategy that costs a vector a sentence then takes seconds.
inline constexpr uint64_t small_text_bytes_max = 256 * 1024;
inline constexpr uint32_t compress_policy_bytes_max = 1'024;
inline constexpr uint32_t policy_number_max = 999'999'999;

enum class size_class : uint8_t { small, large };
inline constexpr size_t size_class_count = 2;
constexpr size_class size_of(uint64_t text_bytes) noexcept {
  return text_bytes <= small_text_bytes_max ? size_class::small : size_class::large;
}

/// The table by which `auto` chooses: one strategy for each kind of content and size. A value; its text is part of the
/// identity of what was compressed by it, so what it says for a text never changes.
struct compress_policy {
  uint32_t number = 1; ///< rises with each change, for people; two tables are the same when their texts are
  std::array<std::array<compress_strategy, size_class_count>, content_kind_count> strategies{}; ///< never automatic

  compress_strategy choose(content_kind kind, uint64_t text_bytes) const noexcept {
    return strategies[static_cast<size_t>(kind)][static_cast<size_t>(size_of(text_bytes))];
  }
  compress_strategy& at(content_kind kind, size_class size) noexcept {
    return strategies[static_cast<size_t>(kind)][static_cast<size_t>(size)];
  }

  bool operator==(const compress_policy&) const = default;
};

/// The table that holds until settings say otherwise.
compress_policy default_policy();

/// "v1;prose=semantic;prose.large=hierarchical;…": all kinds in their order, the large class only where it differs.
std::string canonical_form(const compress_policy& policy);

/// Of canonical form or nearly so: entries in any order, and kinds that are left out are as in default_policy().
/// errc::invalid_argument, naming the entry: an unknown kind or strategy, `auto` as strategy, an entry twice.
result<compress_policy> parse_policy(std::string_view text);

/// What reports name a table by: its number and the first 8 hex digits of the hash of its text, "v1-3f9c2a10".
std::string version_of(const compress_policy& policy);

/// The same parameters with the table in them where the strategy is automatic and none is there yet. Idempotent.
compress_parameters resolve(compress_parameters wanted, const compress_policy& policy);

} // namespace weft
