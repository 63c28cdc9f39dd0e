#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/job/numeric_class.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weft {

/// What a result depends on beside its text.
struct result_kind_parts {
  std::string operation; ///< "embed"
  std::string model;
  std::string model_version;
  numeric_class precision = numeric_class::fp32; ///< resolved
  std::string parameters;  ///< the operation's, resolved, in the canonical form that the operation defines
  std::string scope;       ///< the tenant, or "" where results are shared
  uint64_t generation = 0; ///< of the cluster's cache: raised by `weft cache clear`

  bool operator==(const result_kind_parts&) const = default;
};

/// result_kind_parts with their canonical bytes, made once and shared by all items that agree in them. Immutable.
class result_kind {
public:
  explicit result_kind(result_kind_parts parts);

  const result_kind_parts& parts() const noexcept { return parts_; }

  /// Equal exactly when the parts are equal: each field with its length before it, little-endian.
  const std::string& bytes() const noexcept { return bytes_; }

  /// 64-bit XXH3 of bytes(): the seed of the keys.
  uint64_t seed() const noexcept { return seed_; }

private:
  result_kind_parts parts_;
  std::string bytes_;
  uint64_t seed_;
};

using result_kind_ptr = std::shared_ptr<const result_kind>;

/// The kind that has these bytes(), which came from a disk or another node; null when they are not those of a kind.
result_kind_ptr parse_kind(std::string_view bytes);

/// The whole identity of a result. A cache hit compares all of it.
struct identity {
  result_kind_ptr kind; ///< not null
  std::string text;
};

/// XXH3's 128-bit hash of the text, seeded with the kind. The same on every node and in every release that has the
/// same bytes().
cache_key key_of(const result_kind& kind, std::string_view text) noexcept;

inline cache_key key_of(const identity& what) noexcept {
  return key_of(*what.kind, what.text);
}

/// Whether two identities are the same: the proof that a hash cannot give.
bool same(const identity& a, const identity& b) noexcept;

} // namespace weft
