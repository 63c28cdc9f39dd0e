#include "runtime/settings/settings_map.hpp"

#include <algorithm>
#include <utility>
#include <xxhash.h>

namespace weft {
namespace {

/// Set once by each side of a partition, both within their limits: merging them must fit.
constexpr uint32_t merge_room = 2;

uint64_t hash_of(std::string_view key, const settings_stamp& stamp) {
  const uint64_t parts[] = {stamp.number, static_cast<uint64_t>(stamp.writer), stamp.content};
  return XXH3_64bits_withSeed(parts, sizeof parts, XXH3_64bits(key.data(), key.size()));
}

failure bad_size(std::string_view what, size_t bytes, uint32_t limit) {
  return {errc::invalid_argument,
          std::string{what} + " of a setting has " + std::to_string(bytes) + " bytes; 1 to " + std::to_string(limit) +
              " are allowed",
          {{"limit", std::to_string(limit)}}};
}

failure full(std::string_view key) {
  return {errc::settings_full, "no room for the setting " + std::string{key}, {{"key", std::string{key}}}};
}

} // namespace

status settings_map::check(std::string_view key, std::string_view value, uint32_t room) const {
  if (key.empty() || key.size() > limits_.key_bytes_max)
    return bad_size("the key", key.size(), limits_.key_bytes_max);
  if (value.size() > limits_.value_bytes_max)
    return bad_size("the value", value.size(), limits_.value_bytes_max);
  const auto at = slots_.find(key);
  if (at == slots_.end() && slots_.size() >= size_t{limits_.entries_max} * room)
    return full(key);
  const uint64_t freed = at == slots_.end() ? 0 : settings_bytes(at->second.entry);
  if (bytes_ - freed + key.size() + value.size() + settings_bytes({}) > limits_.bytes_max * room)
    return full(key);
  return ok;
}

void settings_map::store(settings_entry entry) {
  auto& at = slots_[entry.key];
  if (at.stamp.number > 0) {
    hash_ -= hash_of(at.entry.key, at.stamp);
    bytes_ -= settings_bytes(at.entry);
  }
  at.stamp = stamp_of(entry);
  at.entry = std::move(entry);
  at.revision = ++revision_;
  hash_ += hash_of(at.entry.key, at.stamp);
  bytes_ += settings_bytes(at.entry);
}

result<settings_entry> settings_map::set(std::string_view key, std::string_view value, node_id writer, wall_time now,
                                         uint64_t number_min) {
  if (auto fits = check(key, value, 1); !fits)
    return fits.error();
  const auto at = slots_.find(key);
  const uint64_t last = at == slots_.end() ? 0 : at->second.entry.number;
  if (last > 0 && !at->second.entry.removed && at->second.entry.value == value && last >= number_min)
    return at->second.entry;
  const uint64_t number = std::max(last + 1, number_min);
  if (number > settings_number_max)
    return failure{errc::settings_full, "the setting " + std::string{key} + " has no more versions"};
  settings_entry entry{std::string{key}, std::string{value}, number, writer, false, now};
  store(entry);
  return entry;
}

result<settings_entry> settings_map::remove(std::string_view key, node_id writer, wall_time now) {
  const auto* found = find(key);
  if (!found)
    return failure{errc::invalid_argument, "there is no setting " + std::string{key}, {{"key", std::string{key}}}};
  if (found->number >= settings_number_max)
    return failure{errc::settings_full, "the setting " + std::string{key} + " has no more versions"};
  settings_entry entry{std::string{key}, "", found->number + 1, writer, true, now};
  store(entry);
  return entry;
}

settings_merge settings_map::merge(const std::vector<settings_entry>& entries) {
  settings_merge out;
  const auto refuse = [&](std::string why) {
    if (out.refused++ == 0)
      out.problem = std::move(why);
  };
  for (const auto& entry : entries) {
    if (entry.number == 0 || entry.number > settings_number_max) {
      refuse("the setting " + entry.key.substr(0, limits_.key_bytes_max) + " came without a valid version");
      continue;
    }
    const auto at = slots_.find(entry.key);
    const uint64_t known = at == slots_.end() ? 0 : at->second.entry.number;
    if (entry.number > known && entry.number - known > settings_jump_max) {
      refuse("the setting " + entry.key.substr(0, limits_.key_bytes_max) + " came with version " +
             std::to_string(entry.number) + ", far above " + std::to_string(known));
      continue;
    }
    if (at != slots_.end() && stamp_of(entry) <= at->second.stamp)
      continue;
    if (auto fits = check(entry.key, entry.value, merge_room); !fits) {
      refuse(fits.error().message);
      continue;
    }
    store(entry);
    out.changed.push_back(entry.key);
  }
  return out;
}

void settings_map::forget(std::map<std::string, slot, std::less<>>::iterator at) {
  hash_ -= hash_of(at->first, at->second.stamp);
  bytes_ -= settings_bytes(at->second.entry);
  slots_.erase(at);
}

size_t settings_map::forget_expired(wall_time now) {
  size_t count = 0;
  for (auto at = slots_.begin(); at != slots_.end();) {
    const auto next = std::next(at);
    if (at->second.entry.removed && at->second.entry.changed + limits_.tombstone_age < now) {
      forget(at);
      ++count;
    }
    at = next;
  }
  return count;
}

const settings_entry* settings_map::find(std::string_view key) const {
  const auto at = slots_.find(key);
  return at == slots_.end() || at->second.entry.removed ? nullptr : &at->second.entry;
}

std::vector<settings_entry> settings_map::list(std::string_view prefix) const {
  std::vector<settings_entry> out;
  for (auto at = slots_.lower_bound(prefix); at != slots_.end() && at->first.starts_with(prefix); ++at)
    if (!at->second.entry.removed)
      out.push_back(at->second.entry);
  return out;
}

settings_changes settings_map::changes_since(settings_revision revision) const {
  settings_changes out{{}, this->revision()};
  for (const auto& [key, at] : slots_)
    if (at.revision > static_cast<uint64_t>(revision))
      out.keys.push_back(key);
  return out;
}

} // namespace weft
