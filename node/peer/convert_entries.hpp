#pragma once

#include "runtime/ports/entry_link.hpp"
#include "weft/peer/v1/data.pb.h"

#include <cstdint>
#include <vector>

// Where the entries of weft.peer.v1 and the runtime's meet. All functions are pure and thread-safe.

namespace weft {

/// Entries of one parcel, and keys of one question, that a node takes.
inline constexpr uint32_t entries_max = 4'096;
/// Of one answer: more is left out.
inline constexpr uint64_t found_bytes_max = 16ULL << 20;
/// Keys of one list.
inline constexpr uint32_t hot_keys_max = 65'536;

void write_store_entries(const entry_parcel& from, peer::v1::StoreEntriesRequest& to);
/// Takes the bytes out of the message. Fails with errc::invalid_argument: too many, no key, uses that do not match.
result<entry_parcel> read_store_entries(peer::v1::StoreEntriesRequest& from);

void write_find_entries(const std::vector<cache_key>& keys, peer::v1::FindEntriesRequest& to);
/// Fails with errc::invalid_argument: too many.
result<std::vector<cache_key>> read_find_entries(const peer::v1::FindEntriesRequest& from);

void write_found(const found_entries& from, peer::v1::FindEntriesResponse& to);
/// Takes the bytes out of the message. keys: as asked for; what is not about them is left out.
found_entries read_found(const std::vector<cache_key>& keys, peer::v1::FindEntriesResponse& from);

void write_hot_keys(const std::vector<hot_key>& from, peer::v1::ListHotKeysResponse& to);
/// At most hot_keys_max.
std::vector<hot_key> read_hot_keys(const peer::v1::ListHotKeysResponse& from);

} // namespace weft
