#include "actors/borrowed_turns.hpp"
#include "actors/cache_shard.hpp"
#include "actors/owners.hpp"

#include <algorithm>
#include <map>
#include <utility>

// What a shard does for its entries beside answering calls: second copies, repair, fetching ahead.
namespace weft {
namespace {

/// A look at the other owner must stay cheap beside computing the text, which takes about 5 ms.
constexpr auto repair_within = std::chrono::milliseconds{100};

uint64_t bytes_of(const stored_entry& entry) {
  return entry.kind.size() + entry.body.size();
}

} // namespace

void cache_shard_state::copy(const std::vector<stored_entry>& entries) {
  if (setup_.cache.replicas && !owners_.empty() && wiring_->cache_keeper)
    self_->send(wiring_->cache_keeper, std::make_shared<const std::vector<stored_entry>>(entries));
}

void cache_shard_state::ask_other_owner(std::vector<waiter_id> leaders) {
  std::map<node_id, std::shared_ptr<store_lookup>> lookups;
  std::vector<waiter_id> nobody_else;
  for (const auto id : leaders) {
    const auto& key = waiters_.at(id).key;
    const auto* other = other_owner(*cluster_, owners_, key);
    if (!other) {
      nobody_else.push_back(id);
      continue;
    }
    auto& lookup = lookups[other->node];
    if (!lookup)
      lookup = std::make_shared<store_lookup>(store_lookup{.at_peer = true});
    lookup->leaders.push_back(id);
    lookup->keys.push_back(key);
  }
  compute(std::move(nobody_else));
  for (auto& [node, lookup] : lookups)
    setup_.cache.link->find(*find_member(*cluster_, node), lookup->keys, repair_within,
                            [lookup = lookup, hdl = cache_shard_actor{self_}](result<found_entries> found) {
                              if (found) {
                                std::vector<std::optional<stored_entry>> had(lookup->keys.size());
                                for (size_t i = 0; i < had.size() && i < found->size(); ++i)
                                  if ((*found)[i])
                                    had[i] = std::move((*found)[i]->entry);
                                lookup->answer = std::move(had);
                              } else {
                                lookup->answer = found.error();
                              }
                              borrowed_turns::send_along(hdl, store_lookup_ptr{lookup});
                            });
}

std::vector<waiter_id> cache_shard_state::repair(const store_lookup& lookup) {
  const auto& had = *lookup.answer;
  std::vector<waiter_id> missing;
  std::vector<stored_entry> to_keep;
  for (size_t i = 0; i < lookup.leaders.size(); ++i) {
    const auto waiter = waiters_.find(lookup.leaders[i]);
    if (waiter == waiters_.end())
      continue; // gone meanwhile; whoever leads now computes
    const auto what = identity_of(waiter->second);
    const auto& key = lookup.keys[i];
    const auto value =
        had && (*had)[i] && (*had)[i]->key == key ? cache_->repair(what, key, *(*had)[i], now()) : std::nullopt;
    if (!value) {
      missing.push_back(lookup.leaders[i]);
      continue;
    }
    to_keep.push_back(*(*had)[i]);
    answer(what, key, *value, lookup.leaders[i], source::store);
  }
  repairs_.looked(static_cast<uint32_t>(lookup.keys.size()), static_cast<uint32_t>(to_keep.size()));
  if (!to_keep.empty())
    setup_.store->put(std::move(to_keep), [](const status&) {}); // else it stays in memory, and at the other owner
  return missing;
}

void cache_shard_state::keep(const keep_ask_ptr& asked) {
  const auto& [entries, uses] = asked->question.parcel;
  std::vector<stored_entry> wanted;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!cache_->accepts(entries[i]))
      continue;
    if (i < uses.size())
      cache_->preload(entries[i], uses[i], true, now());
    wanted.push_back(entries[i]);
  }
  if (asked->question.copy_on)
    copy(wanted);
  if (!setup_.store && uses.empty())
    return asked->answer(failure{errc::storage_failed, "this node keeps no cache on disk"});
  if (!setup_.store || wanted.empty())
    return asked->answer(ok);
  replicas_kept_ += wanted.size();
  setup_.store->put(std::move(wanted), [asked](status outcome) { asked->answer(std::move(outcome)); });
}

void cache_shard_state::find(const find_ask_ptr& asked) {
  const auto& keys = asked->question;
  auto next = std::make_shared<store_find>();
  std::vector<cache_key> to_read;
  for (size_t i = 0; i < keys.size(); ++i) {
    next->found.push_back(cache_->peek(keys[i], now()));
    if (next->found.back())
      continue;
    next->missing.push_back(i);
    to_read.push_back(keys[i]);
  }
  if (to_read.empty() || !setup_.store)
    return asked->answer(std::move(next->found));
  next->asked = asked;
  setup_.store->get(std::move(to_read), [next, hdl = cache_shard_actor{self_}](auto stored) {
    next->stored = std::move(stored);
    borrowed_turns::send_along(hdl, store_find_ptr{next});
  });
}

void cache_shard_state::found(store_find& find) {
  auto& stored = *find.stored;
  if (!stored)
    return find.asked->answer(stored.error());
  for (size_t i = 0; i < find.missing.size(); ++i)
    if ((*stored)[i])
      find.found[find.missing[i]] = cache_->describe(*std::move((*stored)[i]), now());
  find.asked->answer(std::move(find.found));
}

void cache_shard_state::hottest(const hot_ask_ptr& asked) {
  asked->answer(cache_->hottest(asked->question.keys_max, asked->question.bytes_max));
}

void cache_shard_state::ask_for_hot_keys() {
  if (setup_.store && setup_.cache.preload.enabled)
    setup_.store->hot_keys([hdl = cache_shard_actor{self_}](auto list) {
      borrowed_turns::send_along(hdl, std::make_shared<const result<std::vector<hot_key>>>(std::move(list)));
    });
}

void cache_shard_state::preload(const std::vector<hot_key>& keys) {
  ahead_.begin(keys, setup_.cache.preload.bytes_max, now());
  fetch_ahead();
  arm_timer();
}

void cache_shard_state::fetch_ahead() {
  auto batch = ahead_.take(now());
  if (batch.empty())
    return;
  std::vector<cache_key> keys;
  for (const auto& hot : batch)
    keys.push_back(hot.key);
  setup_.store->get(std::move(keys), [batch = std::move(batch), hdl = cache_shard_actor{self_}](auto stored) mutable {
    auto fetched = std::make_shared<fetched_batch>(fetched_batch{std::move(batch), found_entries{}});
    if (stored)
      for (auto& one : *stored)
        fetched->found->push_back(one ? std::optional{found_entry{*std::move(one), entry_place::store, std::nullopt}}
                                      : std::nullopt);
    else
      fetched->found = stored.error();
    borrowed_turns::send_along(hdl, fetched_batch_ptr{std::move(fetched)});
  });
}

void cache_shard_state::preloaded(const fetched_batch& batch) {
  uint64_t bytes = 0;
  for (size_t i = 0; batch.found && i < batch.found->size(); ++i)
    if (const auto& one = (*batch.found)[i]) {
      bytes += bytes_of(one->entry);
      cache_->preload(one->entry, batch.keys[i].uses, true, now());
    }
  ahead_.fetched(bytes, now());
  if (!batch.found)
    ahead_.stop(); // the store has more to do, or is broken
  fetch_ahead();
  arm_timer();
}

void cache_shard_state::keep_hot_keys() {
  hot_keys_due_ = now() + setup_.cache.hot_keys_every;
  const auto& limits = setup_.cache.preload;
  if (!setup_.store || !limits.enabled || !ahead_.done())
    return; // the list of before is better than what is known in the middle of fetching it
  auto hot = cache_->hottest(limits.keys_max, limits.bytes_max);
  if (!hot.empty())
    setup_.store->keep_hot_keys(std::move(hot), [](const status&) {});
}

} // namespace weft
