#include "runtime/settings/settings_session.hpp"

#include <string>
#include <utility>

namespace weft {
namespace {

/// Whether entries of somebody may come into our map: what a stale node knows must not bring back what was removed.
bool trusts(const shared_settings& ours, bool theirs_stale) noexcept {
  return !theirs_stale || ours.stale || ours.map.slots().empty();
}

void take(shared_settings& ours, const std::vector<settings_entry>& entries, bool theirs_stale) {
  if (entries.empty() || !trusts(ours, theirs_stale))
    return;
  ours.map.merge(entries);
  ours.stale = ours.stale || theirs_stale;
}

} // namespace

settings_reply answer_settings(shared_settings& ours, const settings_question& question, size_t bytes_max) {
  take(ours, question.entries, question.stale);
  settings_reply out{.summary = summary_of(ours.map), .delta = {}, .stale = ours.stale};
  if (question.digest)
    out.delta = compare(ours.map, *question.digest, bytes_max);
  return out;
}

settings_question settings_session::first(const shared_settings& ours) const {
  return {.summary = summary_of(ours.map), .digest = {}, .entries = {}, .stale = ours.stale};
}

std::optional<settings_question> settings_session::begin(shared_settings& ours, const settings_reply& reply) {
  if (reply.summary == summary_of(ours.map)) {
    ours.stale = ours.stale && reply.stale; // the same, and no removed ones among them
    return std::nullopt;
  }
  if (ours.stale && !reply.stale && reply.summary.entries > 0)
    fresh_.emplace(ours.map.limits());
  const auto& map = fresh_ ? *fresh_ : ours.map;
  sent_ = digest_of(map, "", bytes_max_);
  return settings_question{.summary = summary_of(map), .digest = sent_, .entries = {}, .stale = ours.stale};
}

std::optional<settings_question> settings_session::next(shared_settings& ours, const settings_reply& reply) {
  if (rounds_++ == 0)
    return begin(ours, reply);
  if (!sent_ || !reply.delta || rounds_ > rounds_max)
    return std::nullopt;
  if (fresh_)
    fresh_->merge(reply.delta->entries);
  else
    take(ours, reply.delta->entries, reply.stale);
  const auto& map = fresh_ ? *fresh_ : ours.map;
  settings_question out{.summary = summary_of(map),
                        .digest = {},
                        .entries = entries_of(map, reply.delta->wanted, bytes_max_),
                        .stale = ours.stale};
  std::string after;
  if (next_range(*sent_, *reply.delta, after))
    out.digest = digest_of(map, after, bytes_max_);
  sent_ = out.digest;
  if (out.digest || !out.entries.empty())
    return out;
  if (fresh_) {
    ours.map = *std::move(fresh_);
    ours.stale = false;
  }
  return std::nullopt;
}

} // namespace weft
