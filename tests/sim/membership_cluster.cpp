#include "tests/sim/membership_cluster.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace weft::sim {
namespace {

enum class wake_kind : uint64_t { tick, resume, refused, unreachable };

uint64_t token(wake_kind kind, uint32_t node, uint32_t about = 0) {
  return (static_cast<uint64_t>(kind) << 56) | (uint64_t{node} << 28) | about;
}

} // namespace

membership_cluster::membership_cluster(uint64_t seed, uint32_t nodes, membership_options options)
    : world_(seed), options_(std::move(options)), network_(world_, *this, nodes), hosts_(nodes) {
  for (auto& host : hosts_)
    host.id = node_id{world_.random().next() | 1};
}

void membership_cluster::make(uint32_t node) {
  auto& host = hosts_[node];
  WEFT_ASSERT(!running(node));
  if (host.core)
    for (auto sent : host.core->counters().sent)
      retired_sent_ += sent;
  auto profile = std::make_shared<member_profile>();
  profile->peer_address = std::to_string(node);
  profile->name = "n" + profile->peer_address;
  profile->client_address = profile->name + ".example:7700";
  profile->region = "local";
  profile->zone = std::string(1, static_cast<char>('a' + node % 3));
  host.state = host_state::up;
  host.scheduled = time_point::max();
  host.inbox.clear();
  host.core = std::make_unique<membership_core>(
      options_, member_identity{host.id, boot_epoch{++host.epoch}, std::move(profile)}, world_.random().next());
}

void membership_cluster::start(uint32_t node, const std::vector<uint32_t>& seeds) {
  make(node);
  auto addresses = hosts_[node].remembered;
  for (auto seed : seeds)
    addresses.push_back(std::to_string(seed));
  core(node).join(addresses, world_.now(), effects_);
  act(node);
}

void membership_cluster::copy_folder(uint32_t from, uint32_t to) {
  WEFT_ASSERT(!running(to));
  hosts_[to].id = hosts_[from].id;
  hosts_[to].epoch = hosts_[from].epoch;
  hosts_[to].remembered = hosts_[from].remembered;
}

void membership_cluster::start_all_acquainted() {
  std::vector<member_record> records;
  for (uint32_t node = 0; node < size(); ++node) {
    make(node);
    core(node).join({"0", "1", "2"}, world_.now(), effects_);
    effects_.clear();
    records.push_back(core(node).self());
  }
  for (uint32_t node = 0; node < size(); ++node) {
    auto sender = (node + 1) % size();
    peer_message message;
    message.cluster = cluster_mark(options_.cluster_id);
    message.sender = hosts_[sender].id;
    message.sender_epoch = boot_epoch{hosts_[sender].epoch};
    sync_reply reply;
    reply.claim.cluster_id = options_.cluster_id;
    reply.records = records;
    std::swap(reply.records[0], reply.records[sender]);
    message.body = std::move(reply);
    core(node).receive(std::move(message), std::to_string(sender), world_.now(), effects_);
    effects_.clear();
    arm(node);
  }
}

void membership_cluster::crash(uint32_t node, bool refuses) {
  WEFT_ASSERT(running(node));
  hosts_[node].state = refuses ? host_state::gone : host_state::crashed;
  hosts_[node].inbox.clear();
  world_.trace(token(wake_kind::tick, node, refuses));
}

void membership_cluster::pause(uint32_t node, duration time) {
  if (state(node) != host_state::up)
    return;
  hosts_[node].state = host_state::paused;
  hosts_[node].ever_paused = true;
  world_.after(time, *this, token(wake_kind::resume, node));
}

void membership_cluster::leave(uint32_t node) {
  WEFT_ASSERT(state(node) == host_state::up);
  hosts_[node].state = host_state::leaving;
  core(node).leave(world_.now(), effects_);
  act(node);
}

void membership_cluster::set_local(uint32_t node, local_state local) {
  core(node).set_local(local, world_.now(), effects_);
  act(node);
}

void membership_cluster::deliver(uint32_t from, uint32_t to, peer_message message) {
  auto& host = hosts_[to];
  switch (host.state) {
  case host_state::up:
  case host_state::leaving:
    host.core->receive(std::move(message), std::to_string(from), world_.now(), effects_);
    return act(to);
  case host_state::paused:
    host.inbox.emplace_back(from, std::move(message));
    return;
  case host_state::gone:
    return world_.after(network_.delay(), *this, token(wake_kind::unreachable, from, to));
  case host_state::off:
  case host_state::crashed:
    return;
  }
}

void membership_cluster::wake(uint64_t what) {
  auto kind = static_cast<wake_kind>(what >> 56);
  auto node = static_cast<uint32_t>((what >> 28) & 0xfffffff);
  auto about = static_cast<uint32_t>(what & 0xfffffff);
  if (kind == wake_kind::tick)
    return tick(node);
  if (kind == wake_kind::resume)
    return resume(node);
  if (!working(node) || state(about) != host_state::gone)
    return;
  if (kind == wake_kind::refused)
    core(node).refused(id(about), world_.now(), effects_);
  else
    core(node).unreachable(id(about), world_.now(), effects_);
  act(node);
}

void membership_cluster::tick(uint32_t node) {
  auto& host = hosts_[node];
  if (host.scheduled != world_.now() || !working(node))
    return;
  host.scheduled = time_point::max();
  if (host.core->next_wake() <= world_.now())
    host.core->tick(world_.now(), effects_);
  act(node);
}

void membership_cluster::resume(uint32_t node) {
  auto& host = hosts_[node];
  if (host.state != host_state::paused)
    return;
  host.state = host_state::up;
  host.scheduled = time_point::max();
  // What a real process does first is chance; the core has to stand both.
  if (world_.random().chance(0.5) && host.core->next_wake() <= world_.now())
    host.core->tick(world_.now(), effects_);
  act(node);
  for (auto& [from, message] : std::exchange(host.inbox, {})) {
    host.core->receive(std::move(message), std::to_string(from), world_.now(), effects_);
    act(node);
  }
}

void membership_cluster::act(uint32_t node) {
  acting_.swap(effects_);
  for (auto& effect : acting_) {
    if (auto* out = std::get_if<send_message>(&effect)) {
      auto kind = static_cast<uint32_t>(out->message.body.index());
      if (auto to = node_at(out->address); to < size()) // a seed may be nobody's address
        network_.send(node, to, std::move(out->message), kind);
    } else if (auto* event = std::get_if<member_event>(&effect)) {
      note(node, *event);
    } else if (auto* look = std::get_if<look_at_connection>(&effect)) {
      auto about = node_at(look->address);
      if (state(about) == host_state::gone)
        world_.after(2 * network_.delay(), *this, token(wake_kind::refused, node, about));
    } else if (auto* peers = std::get_if<remember_peers>(&effect)) {
      hosts_[node].remembered = std::move(peers->addresses);
    } else if (std::holds_alternative<join_refused>(effect)) {
      ++join_refusals_;
    }
  }
  acting_.clear();
  arm(node);
}

void membership_cluster::arm(uint32_t node) {
  auto& host = hosts_[node];
  auto next = std::max(host.core->next_wake(), world_.now());
  if (host.core->left())
    host.state = host_state::gone;
  if (!working(node) || next == time_point::max() || next >= host.scheduled)
    return;
  host.scheduled = next;
  world_.at(next, *this, token(wake_kind::tick, node));
}

void membership_cluster::note(uint32_t viewer, const member_event& event) {
  auto about = node_at(event.record.profile->peer_address);
  world_.trace((uint64_t{viewer} << 32) ^ (uint64_t{about} << 4) ^ static_cast<uint64_t>(event.change));
  if (event.change != member_change::died && event.change != member_change::left)
    return;
  if (about == victim_)
    known_after_.push_back(world_.now() - watched_at_);
  if (event.change != member_change::died || !running(about) || event.record.epoch != boot_epoch{hosts_[about].epoch})
    return;
  ++wrong_.events;
  wrong_.healthy += !hosts_[about].ever_paused;
}

void membership_cluster::watch(uint32_t victim) {
  victim_ = victim;
  watched_at_ = world_.now();
  known_after_.clear();
}

double membership_cluster::share_aware(uint32_t victim) const {
  uint32_t aware = 0, all = 0;
  for (uint32_t node = 0; node < size(); ++node) {
    if (!running(node) || node == victim)
      continue;
    ++all;
    const auto* known = hosts_[node].core->members().get(id(victim));
    aware += known == nullptr || !is_live(known->record.state);
  }
  return static_cast<double>(aware) / all;
}

duration membership_cluster::time_to_know(double share) const {
  uint32_t all = 0;
  for (uint32_t node = 0; node < size(); ++node)
    all += running(node) && node != victim_;
  auto rank = static_cast<size_t>(std::ceil(share * all));
  return rank == 0 || rank > known_after_.size() ? duration::max() : known_after_[rank - 1];
}

double membership_cluster::share_true() const {
  member_table truth;
  uint32_t all = 0, right = 0;
  auto profile = std::make_shared<member_profile>();
  for (uint32_t node = 0; node < size(); ++node) {
    if (!running(node))
      continue;
    ++all;
    member_record record;
    record.node = id(node);
    record.epoch = boot_epoch{hosts_[node].epoch};
    record.profile = profile;
    truth.add(std::move(record), time_point{});
  }
  for (uint32_t node = 0; node < size(); ++node)
    right += running(node) && hosts_[node].core->members().live_digest() == truth.live_digest();
  return static_cast<double>(right) / all;
}

bool membership_cluster::views_are_true() const {
  return share_true() == 1.0;
}

uint64_t membership_cluster::messages_sent() const {
  uint64_t sum = retired_sent_;
  for (const auto& host : hosts_)
    if (host.core)
      for (auto sent : host.core->counters().sent)
        sum += sent;
  return sum;
}

uint32_t membership_cluster::node_at(const std::string& address) {
  uint32_t node = 0;
  std::from_chars(address.data(), address.data() + address.size(), node);
  return node;
}

} // namespace weft::sim
