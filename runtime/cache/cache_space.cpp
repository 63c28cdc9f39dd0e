#include "runtime/cache/cache_space.hpp"

#include <algorithm>

namespace weft {
namespace {

/// What an entry takes in the hash table (node and bucket), in the policy and in the sketch.
constexpr uint64_t table_bytes = 48 + 8 + 36 + 16;
/// While there are few entries, their frequencies must not age within a few requests.
constexpr uint64_t sketch_entries_min = 1'024;
constexpr uint64_t block_bytes = 16; ///< a header of the allocator and its rounding

uint64_t bytes_of(const std::string& text) {
  constexpr size_t within_object = 15;
  return text.capacity() <= within_object ? 0 : text.capacity() + block_bytes;
}

double seconds(std::chrono::nanoseconds cost) {
  return std::chrono::duration<double>(cost).count();
}

} // namespace

cache_space::cache_space(const cache_space_options& options)
    : options_(options), l1_(options.policy, options.l1_bytes_max, sketch_),
      l2_(options.policy, options.l2_bytes_max, sketch_), packer_(options.packing) {
  sketch_.ensure_capacity(sketch_entries_min);
}

std::optional<cache_hit> cache_space::get(const identity& what, const cache_key& key, time_point now) {
  sketch_.count(key.low);
  if (auto hit = get_l1(what, key, now))
    return hit;
  ++counters_[cache_level::l1].misses;
  if (auto hit = get_l2(what, key, now))
    return hit;
  ++counters_[cache_level::l2].misses;
  return std::nullopt;
}

std::optional<cache_hit> cache_space::get_l1(const identity& what, const cache_key& key, time_point now) {
  auto* found = l1_.find(key);
  if (!found)
    return std::nullopt;
  if (found->expires <= now) {
    ++counters_[cache_level::l1].expired;
    l1_.take(*found);
    return std::nullopt;
  }
  if (!same(found->payload.what, what)) {
    ++counters_.collisions;
    return std::nullopt;
  }
  ++counters_[cache_level::l1].hits;
  count_use(found->preloaded);
  l1_.touch(*found);
  return cache_hit{found->payload.value, cache_level::l1};
}

std::optional<cache_hit> cache_space::get_l2(const identity& what, const cache_key& key, time_point now) {
  auto* found = l2_.find(key);
  if (!found)
    return std::nullopt;
  if (found->expires <= now) {
    ++counters_[cache_level::l2].expired;
    l2_.take(*found);
    return std::nullopt;
  }
  auto unpacked = packer_.unpack(found->payload.body);
  if (!unpacked) {
    ++counters_.damaged;
    l2_.take(*found);
    return std::nullopt;
  }
  identity there{found->payload.kind, std::move(unpacked->text)};
  if (!same(there, what)) {
    ++counters_.collisions;
    return std::nullopt;
  }
  ++counters_[cache_level::l2].hits;
  count_use(found->preloaded);
  const auto left = l2_.take(*found);
  cache_hit hit{std::move(unpacked->value), cache_level::l2};
  put(key, {.what = std::move(there),
            .value = hit.value,
            .expires = left.expires,
            .entered = left.entered,
            .stored = left.stored});
  return hit;
}

void cache_space::put(const cache_key& key, space_entry entry) {
  l2_.erase(key);
  l1_entry added{.key = key,
                 .payload = {std::move(entry.what), std::move(entry.value)},
                 .cost = 0,
                 .expires = entry.expires,
                 .entered = entry.entered,
                 .stored = entry.stored,
                 .preloaded = entry.preloaded};
  added.cost = seconds(added.payload.value.cost);
  const uint64_t bytes =
      sizeof(l1_entry) + table_bytes + bytes_of(added.payload.what.text) + memory_of(added.payload.value);
  added.bytes = static_cast<uint32_t>(std::min<uint64_t>(bytes, UINT32_MAX));
  insert(std::move(added));
}

void cache_space::insert(l1_entry entry) {
  fit_sketch();
  l1_.put(std::move(entry), from_l1_);
  for (auto& left : from_l1_)
    demote(std::move(left));
  from_l1_.clear();
}

void cache_space::demote(l1_entry left) {
  if (l1_.bytes_max() > 0)
    ++counters_[cache_level::l1].evictions;
  const bool needed = l2_.bytes_max() > 0 || (options_.store != store_mode::never && !left.stored);
  if (!needed) {
    counters_.preloaded_unused += left.preloaded;
    return;
  }
  l2_entry down{.key = left.key,
                .payload = {left.payload.what.kind, packer_.pack(left.payload.what.text, left.payload.value)},
                .cost = left.cost,
                .expires = left.expires,
                .entered = left.entered,
                .stored = left.stored,
                .preloaded = left.preloaded};
  down.bytes = static_cast<uint32_t>(
      std::min<uint64_t>(sizeof(l2_entry) + table_bytes + bytes_of(down.payload.body), UINT32_MAX));
  l2_.put(std::move(down), from_l2_);
  for (auto& out : from_l2_)
    leave(std::move(out));
  from_l2_.clear();
}

void cache_space::leave(l2_entry left) {
  if (l2_.bytes_max() > 0)
    ++counters_[cache_level::l2].evictions;
  counters_.preloaded_unused += left.preloaded;
  if (options_.store != store_mode::never && !left.stored)
    leavers_.push_back(std::move(left));
}

void cache_space::count_use(bool& preloaded) {
  counters_.preloaded_used += preloaded;
  preloaded = false;
}

void cache_space::sweep(size_t count, uint64_t generation, time_point now) {
  counters_[cache_level::l1].expired += l1_.sweep(count, [&](const l1_entry& e) {
    return e.expires <= now || e.payload.what.kind->parts().generation < generation;
  });
  counters_[cache_level::l2].expired += l2_.sweep(
      count, [&](const l2_entry& e) { return e.expires <= now || e.payload.kind->parts().generation < generation; });
}

void cache_space::clear() {
  l1_.clear();
  l2_.clear();
  leavers_.clear();
}

namespace {

/// Empty: for ever. Zero: it has expired.
std::optional<std::chrono::milliseconds> left_of(time_point expires, time_point now) {
  if (expires == time_point::max())
    return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(std::max(expires - now, duration::zero()));
}

} // namespace

std::vector<stored_entry> cache_space::take_leavers(time_point now) {
  std::vector<stored_entry> out;
  out.reserve(leavers_.size());
  for (auto& left : leavers_)
    if (left.expires > now)
      out.push_back({left.key, left.payload.kind->bytes(), std::move(left.payload.body),
                     left.payload.kind->parts().generation, left_of(left.expires, now)});
  leavers_.clear();
  return out;
}

std::optional<found_entry> cache_space::peek(const cache_key& key, time_point now) {
  const auto describe = [&](stored_entry entry, entry_place place, time_point expires, time_point entered) {
    auto age = age_of(expires, now);
    if (!age)
      age = std::chrono::duration_cast<std::chrono::milliseconds>(now - entered);
    return found_entry{std::move(entry), place, age};
  };
  if (const auto* e = l1_.find(key); e && e->expires > now)
    return describe(to_stored(key, {.what = e->payload.what, .value = e->payload.value, .expires = e->expires}, now),
                    entry_place::memory, e->expires, e->entered);
  if (const auto* e = l2_.find(key); e && e->expires > now)
    return describe(
        {key, e->payload.kind->bytes(), e->payload.body, e->payload.kind->parts().generation, left_of(e->expires, now)},
        entry_place::packed, e->expires, e->entered);
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> cache_space::age_of(time_point expires, time_point now) const {
  if (options_.lifetime == duration::max() || expires == time_point::max())
    return std::nullopt;
  const auto left = std::min<duration>(expires - now, options_.lifetime);
  return std::chrono::duration_cast<std::chrono::milliseconds>(options_.lifetime - left);
}

stored_entry cache_space::to_stored(const cache_key& key, const space_entry& entry, time_point now) {
  return {key, entry.what.kind->bytes(), packer_.pack(entry.what.text, entry.value),
          entry.what.kind->parts().generation, left_of(entry.expires, now)};
}

void cache_space::heat(const cache_key& key, uint32_t uses) {
  fit_sketch();
  for (uint32_t i = 0; i < std::min(uses, frequency_sketch::count_max); ++i)
    sketch_.count(key.low);
}

cache_counters cache_space::counters() const {
  auto out = counters_;
  auto& l1 = out[cache_level::l1];
  l1.entries = l1_.size();
  l1.bytes = l1_.bytes();
  l1.bytes_max = l1_.bytes_max();
  auto& l2 = out[cache_level::l2];
  l2.entries = l2_.size();
  l2.bytes = l2_.bytes();
  l2.bytes_max = l2_.bytes_max();
  return out;
}

} // namespace weft
