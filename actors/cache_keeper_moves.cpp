#include "actors/borrowed_turns.hpp"
#include "actors/cache_keeper.hpp"
#include "actors/owners.hpp"

#include <algorithm>
#include <utility>

// Entries that move with the members: fetched ahead by a node that has joined, handed over by one that leaves.
namespace weft {
namespace {

constexpr auto fetch_within = std::chrono::seconds{2};

/// What memory and other nodes need of the keys that were found.
entry_parcel to_parcel(const fetched_batch& batch, uint64_t& bytes) {
  entry_parcel out;
  for (size_t i = 0; batch.found && i < std::min(batch.keys.size(), batch.found->size()); ++i)
    if (const auto& one = (*batch.found)[i]) {
      bytes += one->entry.kind.size() + one->entry.body.size();
      out.entries.push_back(one->entry);
      out.uses.push_back(batch.keys[i].uses);
    }
  return out;
}

std::vector<cache_key> keys_of(const std::vector<hot_key>& hot) {
  std::vector<cache_key> out;
  for (const auto& one : hot)
    out.push_back(one.key);
  return out;
}

} // namespace

void cache_keeper_state::begin_to_fetch_ahead() {
  ahead_.clear();
  if (!options_.preload.enabled || wiring_->shards.empty())
    return;
  for (const auto& member : cluster_->members) {
    if (member.node == cluster_->self || !owners_.contains(member.node))
      continue;
    options_.link->hottest(member, options_.preload.keys_max,
                           [from = static_cast<uint64_t>(member.node), hdl = cache_keeper_actor{self_}](auto hot) {
                             borrowed_turns::send_along(
                                 hdl, hot_atom_v, from,
                                 std::make_shared<const result<std::vector<hot_key>>>(std::move(hot)));
                           });
  }
}

void cache_keeper_state::heard_hot(node_id from, const result<std::vector<hot_key>>& hot) {
  if (!hot || !owners_.contains(from))
    return;
  std::vector<hot_key> mine;
  for (const auto& one : *hot)
    if (owners_.first_owner(one.key) == cluster_->self)
      mine.push_back(one);
  // Each member was the owner of its part before: it has a part of the budget.
  const auto share = options_.preload.bytes_max / std::max<size_t>(owners_.size() - 1, 1);
  auto [plan, added] = ahead_.try_emplace(from, options_.preload);
  plan->second.begin(std::move(mine), share, now());
  fetch_ahead();
  arm_timer();
}

void cache_keeper_state::fetch_ahead() {
  std::erase_if(ahead_, [&](const auto& it) {
    return (it.second.done() && !it.second.under_way()) || !find_member(*cluster_, it.first);
  });
  // One at a time: the rate is of all of them together.
  if (std::ranges::any_of(ahead_, [](const auto& it) { return it.second.under_way(); }))
    return;
  for (auto& [from, plan] : ahead_) {
    auto batch = plan.take(now());
    if (batch.empty())
      continue;
    auto keys = keys_of(batch);
    options_.link->find(
        *find_member(*cluster_, from), std::move(keys), fetch_within,
        [number = static_cast<uint64_t>(from), batch = std::move(batch), hdl = cache_keeper_actor{self_}](auto found) {
          borrowed_turns::send_along(hdl, peer_atom_v, number,
                                     std::make_shared<const fetched_batch>(fetched_batch{batch, std::move(found)}));
        });
    return;
  }
}

void cache_keeper_state::fetched(node_id from, const fetched_batch& batch) {
  uint64_t bytes = 0;
  auto parcel = to_parcel(batch, bytes);
  if (const auto plan = ahead_.find(from); plan != ahead_.end()) {
    plan->second.fetched(bytes, now());
    if (!batch.found)
      plan->second.stop(); // it has more to do, or is gone: what is asked for comes by itself
  }
  if (!parcel.entries.empty())
    keep_here({.parcel = std::move(parcel)}, [](const status&) {});
  fetch_ahead();
  arm_timer();
}

void cache_keeper_state::hand_over(const hand_over_ask_ptr& asked) {
  if (leaving_)
    return leaving_->asked.push_back(asked);
  if (!options_.link || !options_.preload.enabled || !cluster_ || owners_without_self(*cluster_).empty() ||
      wiring_->shards.empty())
    return asked->answer(0);
  leaving_.emplace(hand_over_state{
      .asked = {asked}, .plan = preload_plan{options_.preload}, .until = now() + options_.hand_over_max});
  const auto& limits = options_.preload;
  hottest_here({limits.keys_max, limits.bytes_max}, [hdl = cache_keeper_actor{self_}](auto hot) {
    borrowed_turns::send_along(hdl, std::make_shared<const result<std::vector<hot_key>>>(std::move(hot)));
  });
  arm_timer();
}

void cache_keeper_state::hot_here(const result<std::vector<hot_key>>& hot) {
  if (!leaving_)
    return;
  leaving_->listed = true;
  if (hot)
    leaving_->plan.begin(*hot, options_.preload.bytes_max, now());
  hand_over_next();
}

void cache_keeper_state::hand_over_next() {
  if (!leaving_)
    return;
  const bool all_given = leaving_->listed && leaving_->plan.done() && !leaving_->plan.under_way() &&
                         leaving_->parcels == 0 && copies_->counters().waiting == 0;
  if (all_given || now() >= leaving_->until)
    return end_hand_over();
  if (auto batch = leaving_->plan.take(now()); !batch.empty()) {
    auto keys = keys_of(batch);
    find_here(std::move(keys), [batch = std::move(batch), hdl = cache_keeper_actor{self_}](auto found) {
      borrowed_turns::send_along(hdl, std::make_shared<const fetched_batch>(fetched_batch{batch, std::move(found)}));
    });
  }
  arm_timer();
}

void cache_keeper_state::found_here(const fetched_batch& batch) {
  if (!leaving_)
    return;
  uint64_t bytes = 0;
  const auto parcel = to_parcel(batch, bytes);
  leaving_->plan.fetched(bytes, now());
  const auto owners = owners_without_self(*cluster_);
  std::map<node_id, entry_parcel> parts;
  for (size_t i = 0; !owners.empty() && i < parcel.entries.size(); ++i) {
    auto& part = parts[owners.first_owner(parcel.entries[i].key)];
    part.entries.push_back(parcel.entries[i]);
    part.uses.push_back(parcel.uses[i]);
  }
  for (auto& [to, part] : parts) {
    ++leaving_->parcels;
    const auto count = static_cast<uint64_t>(part.entries.size());
    options_.link->give(*find_member(*cluster_, to), std::move(part),
                        [count, hdl = cache_keeper_actor{self_}](const status& outcome) {
                          borrowed_turns::send_along(hdl, given_atom_v, outcome ? count : uint64_t{0});
                        });
  }
  hand_over_next();
}

void cache_keeper_state::given(uint64_t entries) {
  handed_over_ += entries;
  if (!leaving_)
    return;
  --leaving_->parcels;
  leaving_->taken += entries;
  hand_over_next();
}

void cache_keeper_state::end_hand_over() {
  const auto ended = std::exchange(leaving_, std::nullopt);
  for (const auto& asked : ended->asked)
    asked->answer(ended->taken);
}

} // namespace weft
