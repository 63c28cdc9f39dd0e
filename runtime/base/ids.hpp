#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace weft {

/// A node for as long as its data directory lives: drawn at random at its first start and kept on disk.
enum class node_id : uint64_t {};

/// Rises with each start of a node, kept on disk: (node_id, boot_epoch) is one process.
enum class boot_epoch : uint64_t {};

/// The 128-bit hash of an identity (runtime/job/identity.hpp). Places it; never proves that two are equal.
struct cache_key {
  uint64_t high = 0;
  uint64_t low = 0;

  auto operator<=>(const cache_key&) const = default;
};

/// For std::unordered_map: the key is a hash already.
struct cache_key_hash {
  size_t operator()(const cache_key& key) const noexcept { return static_cast<size_t>(key.low); }
};

} // namespace weft
