#pragma once

#include "runtime/ports/entry_store.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// A key as the database orders it: big-endian, so that bytes compare as numbers do.
using key_bytes = std::array<char, 16>;
key_bytes bytes_of(const cache_key& key) noexcept;
/// REQUIRES: 16 bytes.
cache_key key_from(std::string_view bytes) noexcept;

/// When an entry expires, in milliseconds of the wall clock since 1970; never: UINT64_MAX.
inline constexpr uint64_t never_expires = UINT64_MAX;

/// An entry as the database keeps it, pointing into its bytes.
struct entry_record {
  std::string_view kind;
  std::string_view body;
  uint64_t generation = 0;
  uint64_t expires = never_expires;
  uint64_t batch = 0; ///< the write that it came with: orders entries by age
};

/// version, length of the kind, generation, expiry, batch, kind, body, then XXH3 of the key and all of these: a record
/// under another's key is as damaged as one with a flipped bit.
std::string encode(const cache_key& key, const entry_record& record);
/// Empty: damaged, or of a release that this one does not understand.
std::optional<entry_record> decode(const cache_key& key, std::string_view bytes) noexcept;

/// Only what a compaction needs to decide; no checksum is computed. Empty: not a record.
struct record_age {
  uint64_t generation;
  uint64_t expires;
};
std::optional<record_age> age_of(std::string_view bytes) noexcept;

/// What was written together: in the order of their numbers, batches are the entries by age.
struct batch_record {
  uint64_t bytes = 0;      ///< of its entries
  uint64_t expires = 0;    ///< when the last of them does
  uint64_t generation = 0; ///< the latest of them
  std::vector<cache_key> keys;
};
std::string encode(const batch_record& batch);
std::optional<batch_record> decode_batch(std::string_view bytes);

/// Numbers as big-endian keys, and back.
std::array<char, 8> bytes_of(uint64_t number) noexcept;
std::optional<uint64_t> number_from(std::string_view bytes) noexcept;

} // namespace weft
