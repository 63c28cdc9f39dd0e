#include "node/peer/convert_entries.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace weft {
namespace {

namespace pb = weft::peer::v1;

static_assert(pb::ENTRY_PLACE_MEMORY == int(entry_place::memory) + 1);
static_assert(pb::ENTRY_PLACE_STORE == int(entry_place::store) + 1);

failure wrong(std::string what) {
  return {errc::invalid_argument, "a peer's entries " + std::move(what)};
}

void write_key(const cache_key& from, pb::EntryKey& to) {
  to.set_high(from.high);
  to.set_low(from.low);
}

cache_key read_key(const pb::EntryKey& from) {
  return {.high = from.high(), .low = from.low()};
}

void write_entry(const stored_entry& from, pb::Entry& to) {
  write_key(from.key, *to.mutable_key());
  to.set_kind(from.kind);
  to.set_body(from.body);
  to.set_generation(from.generation);
  if (from.expires_in)
    to.set_expires_in_ms(from.expires_in->count());
}

stored_entry read_entry(pb::Entry& from) {
  stored_entry to{.key = read_key(from.key()),
                  .kind = std::move(*from.mutable_kind()),
                  .body = std::move(*from.mutable_body()),
                  .generation = from.generation(),
                  .expires_in = {}};
  if (from.has_expires_in_ms())
    to.expires_in = std::chrono::milliseconds{from.expires_in_ms()};
  return to;
}

} // namespace

void write_store_entries(const entry_parcel& from, pb::StoreEntriesRequest& to) {
  for (const auto& entry : from.entries)
    write_entry(entry, *to.add_entries());
  to.mutable_uses()->Assign(from.uses.begin(), from.uses.end());
}

result<entry_parcel> read_store_entries(pb::StoreEntriesRequest& from) {
  if (from.entries_size() > static_cast<int>(entries_max))
    return wrong("are " + std::to_string(from.entries_size()) + ", more than " + std::to_string(entries_max));
  if (from.uses_size() != 0 && from.uses_size() != from.entries_size())
    return wrong("do not match their uses");
  entry_parcel to;
  to.entries.reserve(static_cast<size_t>(from.entries_size()));
  for (auto& entry : *from.mutable_entries()) {
    if (!entry.has_key())
      return wrong("lack a key");
    to.entries.push_back(read_entry(entry));
  }
  to.uses.assign(from.uses().begin(), from.uses().end());
  return to;
}

void write_find_entries(const std::vector<cache_key>& keys, pb::FindEntriesRequest& to) {
  for (const auto& key : keys)
    write_key(key, *to.add_keys());
}

result<std::vector<cache_key>> read_find_entries(const pb::FindEntriesRequest& from) {
  if (from.keys_size() > static_cast<int>(entries_max))
    return wrong("are asked for by " + std::to_string(from.keys_size()) + " keys, more than " +
                 std::to_string(entries_max));
  std::vector<cache_key> to;
  for (const auto& key : from.keys())
    to.push_back(read_key(key));
  return to;
}

void write_found(const found_entries& from, pb::FindEntriesResponse& to) {
  uint64_t bytes = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    const auto& one = from[i];
    if (!one)
      continue;
    bytes += one->entry.kind.size() + one->entry.body.size();
    if (bytes > found_bytes_max)
      return;
    auto& found = *to.add_entries();
    found.set_index(static_cast<uint32_t>(i));
    write_entry(one->entry, *found.mutable_entry());
    found.set_place(static_cast<pb::EntryPlace>(static_cast<int>(one->place) + 1));
    if (one->age)
      found.set_age_ms(one->age->count());
  }
}

found_entries read_found(const std::vector<cache_key>& keys, pb::FindEntriesResponse& from) {
  found_entries to(keys.size());
  for (auto& found : *from.mutable_entries()) {
    if (found.index() >= keys.size() || read_key(found.entry().key()) != keys[found.index()])
      continue;
    found_entry one{.entry = read_entry(*found.mutable_entry())};
    if (found.place() != pb::ENTRY_PLACE_UNSPECIFIED && pb::EntryPlace_IsValid(found.place()))
      one.place = static_cast<entry_place>(found.place() - 1);
    if (found.has_age_ms())
      one.age = std::chrono::milliseconds{found.age_ms()};
    to[found.index()] = std::move(one);
  }
  return to;
}

void write_hot_keys(const std::vector<hot_key>& from, pb::ListHotKeysResponse& to) {
  for (const auto& hot : from) {
    auto& key = *to.add_keys();
    write_key(hot.key, *key.mutable_key());
    key.set_uses(hot.uses);
  }
}

std::vector<hot_key> read_hot_keys(const pb::ListHotKeysResponse& from) {
  const auto count = std::min(from.keys_size(), static_cast<int>(hot_keys_max));
  std::vector<hot_key> to;
  for (int i = 0; i < count; ++i)
    to.push_back({read_key(from.keys(i).key()), from.keys(i).uses()});
  return to;
}

} // namespace weft
