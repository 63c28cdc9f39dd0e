#include "runtime/jobs/repair_core.hpp"

#include "runtime/base/random_source.hpp"
#include "runtime/jobs/record_check.hpp"
#include "runtime/jobs/record_sums.hpp"
#include "runtime/jobs/repair_session.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace weft {
namespace {

struct peer_state {
  time_point due{};      ///< next comparison of all
  uint32_t retries = 0;  ///< in a row
  bool compared = false; ///< since the last change
  bool again = false;    ///< something came up while it was compared
};

} // namespace

struct repair_core::parts {
  repair_desk desk;
  random_source random{0};
  std::map<node_id, peer_state> peers;
  std::map<node_id, repair_session> sessions;
  time_point headers_due = time_point::max();

  void start(node_id peer, bool headers_only, time_point now);
  void settle(node_id peer, repair_session::outcome outcome, time_point now);
  void end(node_id peer);
  void compare_headers(time_point now);
  std::map<node_id, repair_session>::iterator session_of(uint64_t ticket);
  bool has_room() const {
    const auto full = std::ranges::count_if(sessions, [](const auto& it) { return !it.second.headers_only(); });
    return static_cast<size_t>(full) < desk.options.sessions_max;
  }
  duration spread(duration time) { return time + random.within(time / 4); }
};

repair_core::repair_core(node_id self, repair_source source, repair_options options)
    : parts_(std::make_unique<parts>()) {
  parts_->desk.self = self;
  parts_->desk.source = std::move(source);
  parts_->desk.options = options;
  parts_->random = random_source{options.seed ^ static_cast<uint64_t>(self)};
}
repair_core::~repair_core() = default;

void repair_core::set_view(uint64_t view_hash, std::vector<node_id> others, bool changed, time_point now) {
  auto& desk = parts_->desk;
  changed = changed || view_hash != desk.view_hash || others.size() != parts_->peers.size() ||
            !std::ranges::all_of(others, [&](node_id node) { return parts_->peers.contains(node); });
  if (!changed)
    return;
  desk.view_hash = view_hash;
  desk.handed.clear();
  while (!parts_->sessions.empty())
    parts_->end(parts_->sessions.begin()->first);
  parts_->peers.clear();
  for (const auto node : others)
    parts_->peers[node].due = now + parts_->spread(desk.options.repair_after);
  parts_->headers_due = others.empty() ? time_point::max() : now + parts_->spread(desk.options.repair_after);
}

void repair_core::freeze(bool frozen) {
  parts_->desk.frozen = frozen;
}

void repair_core::attend(segment_id segment, time_point now) {
  for (const auto owner : parts_->desk.source.owners(segment)) {
    const auto found = parts_->peers.find(owner);
    if (found == parts_->peers.end())
      continue;
    auto& peer = found->second;
    peer.compared = false;
    peer.again = parts_->sessions.contains(owner);
    peer.due = std::min(peer.due, now + parts_->spread(parts_->desk.options.repair_after));
  }
}

void repair_core::answered(uint64_t ticket, result<job_answer> answer, time_point now) {
  const auto found = parts_->session_of(ticket);
  if (found != parts_->sessions.end())
    return parts_->settle(found->first, found->second.answered(parts_->desk, std::move(answer), now), now);
  // Its session has ended with a change of members. What was fetched is as good as ever.
  auto* segments = answer ? std::get_if<segments_fetched>(&*answer) : nullptr;
  if (segments == nullptr)
    return;
  std::vector<segment_record> records;
  for (auto& record : segments->segments)
    if (record && is_sound(*record))
      records.push_back(std::move(*record));
  parts_->desk.take(std::move(records));
}

void repair_core::read(uint64_t ticket, result<std::vector<std::optional<segment_record>>> records, time_point now) {
  if (const auto found = parts_->session_of(ticket); found != parts_->sessions.end())
    parts_->settle(found->first, found->second.read(parts_->desk, std::move(records), now), now);
}

void repair_core::tick(time_point now) {
  auto& desk = parts_->desk;
  std::vector<node_id> waiting;
  for (const auto& [peer, session] : parts_->sessions)
    if (session.ticket() == 0)
      waiting.push_back(peer);
  for (const auto peer : waiting)
    if (desk.may_move(now))
      parts_->settle(peer, parts_->sessions.at(peer).step(desk, now), now);
  if (parts_->headers_due <= now)
    parts_->compare_headers(now);
  std::vector<std::pair<time_point, node_id>> due;
  for (const auto& [node, peer] : parts_->peers)
    if (peer.due <= now && !parts_->sessions.contains(node))
      due.emplace_back(peer.due, node);
  std::ranges::sort(due);
  for (const auto& [when, node] : due)
    if (parts_->has_room())
      parts_->start(node, false, now);
}

std::optional<time_point> repair_core::next_wake() const {
  std::optional<time_point> next;
  const auto at = [&](time_point when) { next = next ? std::min(*next, when) : when; };
  if (parts_->headers_due != time_point::max())
    at(parts_->headers_due);
  for (const auto& [peer, session] : parts_->sessions)
    if (session.ticket() == 0)
      at(parts_->desk.bytes_free_at);
  if (parts_->has_room())
    for (const auto& [node, peer] : parts_->peers)
      if (!parts_->sessions.contains(node))
        at(peer.due);
  return next;
}

std::vector<repair_effect> repair_core::take_effects() {
  return std::exchange(parts_->desk.effects, {});
}

records_compared repair_core::compare(const compare_records& question) const {
  const auto& desk = parts_->desk;
  return answer_compare(desk.source, desk.self, desk.view_hash, question, desk.options);
}

const repair_counters& repair_core::counters() const noexcept {
  return parts_->desk.counters;
}

size_t repair_core::compared() const {
  return static_cast<size_t>(std::ranges::count_if(parts_->peers, [](const auto& it) { return it.second.compared; }));
}

bool repair_core::settled() const {
  return parts_->sessions.empty() && compared() == parts_->peers.size();
}

void repair_core::parts::start(node_id peer, bool headers_only, time_point now) {
  auto& session = sessions.try_emplace(peer, peer, headers_only).first->second;
  settle(peer, session.begin(desk), now);
}

/// After each step of a session.
void repair_core::parts::settle(node_id node, repair_session::outcome outcome, time_point now) {
  using enum repair_session::outcome;
  if (outcome == goes_on || outcome == waits)
    return;
  const bool is_full = !sessions.at(node).headers_only();
  const bool has_more = sessions.at(node).has_more();
  end(node);
  auto& peer = peers.at(node);
  if (!is_full)
    return;
  if (outcome == done) {
    peer.retries = 0;
    peer.compared = !std::exchange(peer.again, false) && !has_more;
    peer.due = now + spread(peer.compared ? desk.options.repair_period : desk.options.repair_after);
    return;
  }
  const auto wait =
      std::min<duration>(desk.options.retry_min * (1u << std::min(peer.retries++, 10u)), desk.options.retry_max);
  peer.due = now + spread(wait);
}

void repair_core::parts::end(node_id peer) {
  const auto found = sessions.find(peer);
  found->second.release(desk);
  sessions.erase(found);
}

void repair_core::parts::compare_headers(time_point now) {
  headers_due = now + spread(desk.options.compare_period);
  std::vector<node_id> free;
  for (const auto& [node, peer] : peers)
    if (!sessions.contains(node))
      free.push_back(node);
  if (!free.empty())
    start(free[random.below(static_cast<uint32_t>(free.size()))], true, now);
}

std::map<node_id, repair_session>::iterator repair_core::parts::session_of(uint64_t ticket) {
  return std::ranges::find_if(sessions, [&](const auto& it) { return ticket != 0 && it.second.ticket() == ticket; });
}

} // namespace weft
