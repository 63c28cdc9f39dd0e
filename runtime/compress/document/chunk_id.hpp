#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

/// The 256-bit hash of some bytes: two of XXH3's 128-bit hashes under different seeds. The same on every node and in
/// every release. It tells what is equal by chance from what is not; against who makes collisions on purpose a tenant's
/// scope helps: it could only fool itself.
struct chunk_id {
  std::array<uint64_t, 4> words{};

  auto operator<=>(const chunk_id&) const = default;
};

/// For std::unordered_set: the id is a hash already.
struct chunk_id_hash {
  size_t operator()(const chunk_id& id) const noexcept { return static_cast<size_t>(id.words[3]); }
};

chunk_id chunk_id_of(std::string_view bytes) noexcept;

/// 64 hex digits, in lower case, the first word first.
std::string to_hex(const chunk_id& id);

} // namespace weft
