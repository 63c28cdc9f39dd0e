#include "node/peer/convert_settings.hpp"

#include <algorithm>
#include <chrono>
#include <functional>

namespace weft {
namespace {

namespace pb = weft::peer::v1;

void write_summary(const settings_summary& from, pb::SettingsSummary& to) {
  to.set_hash(from.hash);
  to.set_entries(from.entries);
}

settings_summary read_summary(const pb::SettingsSummary& from) {
  return {from.hash(), from.entries()};
}

void write_entry(const settings_entry& from, pb::SettingsEntry& to) {
  to.set_key(from.key);
  to.set_value(from.value);
  to.set_number(from.number);
  to.set_writer(static_cast<uint64_t>(from.writer));
  to.set_removed(from.removed);
  to.set_changed_unix_ms(from.changed.time_since_epoch().count());
}

/// Values are taken as they are: the map refuses what passes its limits, and another release may know more keys.
settings_entry read_entry(const pb::SettingsEntry& from) {
  return {.key = from.key(),
          .value = from.value(),
          .number = from.number(),
          .writer = node_id{from.writer()},
          .removed = from.removed(),
          .changed = wall_time{std::chrono::milliseconds{from.changed_unix_ms()}}};
}

} // namespace

void write_settings_question(const settings_question& from, pb::ExchangeSettingsRequest& to) {
  write_summary(from.summary, *to.mutable_summary());
  if (from.digest) {
    auto& digest = *to.mutable_digest();
    digest.set_after(from.digest->after);
    digest.set_last(from.digest->last);
    for (const auto& known : from.digest->known) {
      auto& out = *digest.add_known();
      out.set_key(known.key);
      out.set_number(known.stamp.number);
      out.set_writer(static_cast<uint64_t>(known.stamp.writer));
      out.set_content(known.stamp.content);
    }
  }
  for (const auto& entry : from.entries)
    write_entry(entry, *to.add_entries());
  to.set_stale(from.stale);
}

result<settings_question> read_settings_question(const pb::ExchangeSettingsRequest& from) {
  settings_question out{.summary = read_summary(from.summary()), .digest = {}, .entries = {}, .stale = from.stale()};
  if (from.has_digest()) {
    auto& digest = out.digest.emplace(settings_digest{from.digest().after(), {}, from.digest().last()});
    for (const auto& known : from.digest().known())
      digest.known.push_back({known.key(), {known.number(), node_id{known.writer()}, known.content()}});
    const auto falls = std::ranges::adjacent_find(digest.known, std::greater_equal<>{}, &settings_known::key);
    if (falls != digest.known.end() || (!digest.known.empty() && digest.known.front().key <= digest.after) ||
        (digest.known.empty() && !digest.last))
      return failure{errc::invalid_argument, "a digest of settings whose keys do not rise"};
  }
  for (const auto& entry : from.entries())
    out.entries.push_back(read_entry(entry));
  return out;
}

void write_settings_reply(const settings_reply& from, pb::ExchangeSettingsResponse& to) {
  write_summary(from.summary, *to.mutable_summary());
  if (from.delta) {
    auto& delta = *to.mutable_delta();
    for (const auto& entry : from.delta->entries)
      write_entry(entry, *delta.add_entries());
    for (const auto& key : from.delta->wanted)
      delta.add_wanted(key);
    delta.set_stopped_after(from.delta->stopped_after);
  }
  to.set_stale(from.stale);
}

settings_reply read_settings_reply(const pb::ExchangeSettingsResponse& from) {
  settings_reply out{.summary = read_summary(from.summary()), .delta = {}, .stale = from.stale()};
  if (!from.has_delta())
    return out;
  auto& delta = out.delta.emplace();
  for (const auto& entry : from.delta().entries())
    delta.entries.push_back(read_entry(entry));
  delta.wanted.assign(from.delta().wanted().begin(), from.delta().wanted().end());
  delta.stopped_after = from.delta().stopped_after();
  return out;
}

} // namespace weft
