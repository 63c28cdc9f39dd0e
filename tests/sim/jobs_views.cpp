// What the nodes of a jobs_cluster see of each other, and what of it is true.
#include "tests/sim/jobs_cluster.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

namespace weft::sim {
namespace {

using namespace std::chrono_literals;

constexpr duration look_period = 100ms; ///< of the detector

} // namespace

bool jobs_cluster::connected(uint32_t a, uint32_t b) const {
  return up(a) && up(b) && !paused(a) && !paused(b) && !cut_[a][b] && !cut_[b][a];
}

/// Who sleeps reaches others, too: what came to it before is answered when it wakes, though the way to it may be cut
/// then.
void jobs_cluster::note_isolation() {
  const auto note = [this](std::optional<time_point>& since, bool holds) {
    if (!holds)
      since.reset();
    else if (!since)
      since = world_.now();
  };
  for (uint32_t node = 0; node < size(); ++node) {
    bool is_heard = false, hears = false;
    for (uint32_t other = 0; other < size(); ++other) {
      is_heard |= other != node && up(node) && up(other) && !cut_[node][other];
      hears |= other != node && up(node) && up(other) && !cut_[other][node];
    }
    note(hosts_[node].mute_since, !is_heard);
    note(hosts_[node].deaf_since, !hears);
  }
}

std::optional<time_point> jobs_cluster::isolated_since(uint32_t node) const {
  const auto& [mute, deaf] = std::tie(hosts_[node].mute_since, hosts_[node].deaf_since);
  if (mute && deaf)
    return std::min(*mute, *deaf);
  return mute ? mute : deaf;
}

void jobs_cluster::detect() {
  for (uint32_t viewer = 0; viewer < size(); ++viewer) {
    bool changed = false;
    for (uint32_t other = 0; other < size(); ++other)
      changed = (up(viewer) && !paused(viewer) && viewer != other && detect(viewer, other)) || changed;
    if (changed) {
      publish_view(viewer);
      act(viewer);
    }
  }
  later(look_period, [this] { detect(); });
}

/// A connection that changed is noticed after a while: 4 to 8 s of silence, 0.5 to 1.5 s of a machine that refuses, up
/// to 1.5 s of one that is back. A restart is a death at once and then a new member.
bool jobs_cluster::detect(uint32_t viewer, uint32_t other) {
  auto& seen = hosts_[viewer].seen[other];
  auto& random = world_.random();
  const bool is_connected = connected(viewer, other);
  const boot_epoch epoch{hosts_[other].epoch};
  if (is_connected != seen.was_connected) {
    seen.was_connected = is_connected;
    const bool refused = !is_connected && !up(other) && hosts_[other].refuses;
    const duration wait = is_connected ? random.within(duration{1500ms})
                          : refused    ? 500ms + random.within(duration{1s})
                                       : 4s + random.within(duration{4s});
    seen.changes_at = world_.now() + wait;
  }
  if (world_.now() < seen.changes_at)
    return false;
  const auto condition = is_connected ? hosts_[other].condition : member_condition::dead;
  const bool is_news = seen.known ? seen.condition != condition || (is_connected && seen.epoch != epoch) : is_connected;
  if (!is_news)
    return false;
  seen.known = true;
  seen.condition = condition;
  if (is_connected)
    seen.epoch = epoch;
  return true;
}

void jobs_cluster::set_condition(uint32_t node, member_condition condition) {
  hosts_[node].condition = condition;
  if (up(node))
    call(node, [this, node](jobs_core&, job_time) { publish_view(node); });
}

void jobs_cluster::publish_view(uint32_t node) {
  ++hosts_[node].view_version;
  hosts_[node].core->set_members(view(node), now(node));
}

cluster_view_ptr jobs_cluster::view(uint32_t node) const {
  const auto& host = hosts_[node];
  auto view = std::make_shared<cluster_view>();
  view->self = host.id;
  view->version = host.view_version;
  for (uint32_t other = 0; other < size(); ++other) {
    const auto& seen = host.seen[other];
    if (other != node && !seen.known)
      continue;
    cluster_member member;
    member.node = hosts_[other].id;
    member.epoch = other == node ? boot_epoch{host.epoch} : seen.epoch;
    member.name = "n" + std::to_string(other);
    member.region = "local";
    member.zone = std::string(1, static_cast<char>('a' + other % 3));
    member.condition = other == node ? host.condition : seen.condition;
    view->members.push_back(std::move(member));
  }
  return view;
}

bool jobs_cluster::views_are_true() const {
  for (uint32_t viewer = 0; viewer < size(); ++viewer)
    for (uint32_t other = 0; other < size(); ++other) {
      const auto& seen = hosts_[viewer].seen[other];
      if (!up(viewer) || (viewer != other && (!seen.known || seen.condition != hosts_[other].condition ||
                                              seen.epoch != boot_epoch{hosts_[other].epoch})))
        return false;
    }
  return true;
}

bool jobs_cluster::tables_are_equal() {
  for (uint32_t node = 0; node < size(); ++node)
    if (!up(node) || (node > 0 && core(node).headers() != core(0).headers()))
      return false;
  return true;
}

std::string jobs_cluster::table_difference() {
  for (uint32_t node = 0; node < size(); ++node) {
    if (!up(node))
      return "node " + std::to_string(node) + " is down";
    const auto mine = core(node).headers(), first = core(0).headers();
    if (mine.size() != first.size())
      return "node " + std::to_string(node) + " knows " + std::to_string(mine.size()) + " jobs, node 0 " +
             std::to_string(first.size());
    for (size_t i = 0; i < mine.size(); ++i)
      if (!(mine[i] == first[i]))
        return "job " + to_text(mine[i].id) + " is " + std::string{to_string(mine[i].state)} + " with " +
               std::to_string(mine[i].progress.items_done) + " items done on node " + std::to_string(node) + ", " +
               std::string{to_string(first[i].state)} + " with " + std::to_string(first[i].progress.items_done) +
               " on node 0";
  }
  return {};
}

} // namespace weft::sim
