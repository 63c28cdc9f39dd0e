#include "runtime/cache/cache_shard_core.hpp"

#include <algorithm>

namespace weft {
namespace {

time_point after(time_point now, duration life) {
  return life >= time_point::max() - now ? time_point::max() : now + life;
}

/// What a store or a peer says is left, which may be any number.
time_point after(time_point now, const std::optional<std::chrono::milliseconds>& left) {
  constexpr std::chrono::milliseconds most = std::chrono::hours{24 * 365 * 100};
  return left ? now + std::min(*left, most) : time_point::max();
}

} // namespace

cache_shard_core::cache_shard_core(cache_shard_options options)
    : options_(std::move(options)), writes_(options_.writes_bytes_max) {
  for (const auto& [operation, space] : options_.spaces)
    spaces_.emplace_back(operation, std::make_unique<cache_space>(space));
}

cache_space* cache_shard_core::space_of(const std::string& operation) {
  for (auto& [name, space] : spaces_)
    if (name == operation)
      return space.get();
  return nullptr;
}

cache_answer cache_shard_core::get(const identity& what, const cache_key& key, time_point now) {
  auto* space = space_of(what.kind->parts().operation);
  if (!space)
    return cache_miss{};
  if (is_outdated(what)) {
    ++counters_.outdated;
    return cache_miss{};
  }
  if (auto hit = space->get(what, key, now)) {
    if (hit->level != cache_level::l1)
      for (auto& left : space->take_leavers(now))
        counters_.writes_dropped += !writes_.push(std::move(left));
    return *std::move(hit);
  }
  if (space->options().store == store_mode::never)
    return cache_miss{};
  return look_in_store{};
}

cache_answer cache_shard_core::resume(const identity& what, const cache_key& key,
                                      const std::optional<stored_entry>& found, time_point now) {
  auto* space = space_of(what.kind->parts().operation);
  auto& l3 = counters_[cache_level::l3];
  ++l3.misses;
  if (!space || !found)
    return cache_miss{};
  auto value = read(what, *found);
  if (!value)
    return cache_miss{};
  --l3.misses;
  ++l3.hits;
  enter(*space, key, {.what = what, .value = *value, .expires = after(now, found->expires_in), .stored = true}, now);
  return cache_hit{*std::move(value), cache_level::l3};
}

std::optional<cached_value> cache_shard_core::read(const identity& what, const stored_entry& found) {
  if (is_outdated(what)) { // cleared while the store was looking
    ++counters_.outdated;
    return std::nullopt;
  }
  if (found.expires_in && found.expires_in->count() <= 0) {
    ++counters_[cache_level::l3].expired;
    return std::nullopt;
  }
  auto unpacked = packer_.unpack(found.body);
  if (!unpacked) {
    ++counters_.damaged;
    return std::nullopt;
  }
  if (found.kind != what.kind->bytes() || unpacked->text != what.text) {
    ++counters_.collisions;
    return std::nullopt;
  }
  return std::move(unpacked->value);
}

std::optional<cached_value> cache_shard_core::repair(const identity& what, const cache_key& key,
                                                     const stored_entry& found, time_point now) {
  auto* space = space_of(what.kind->parts().operation);
  auto value = space ? read(what, found) : std::nullopt;
  if (value)
    enter(*space, key, {.what = what, .value = *value, .expires = after(now, found.expires_in), .stored = true}, now);
  return value;
}

std::optional<found_entry> cache_shard_core::peek(const cache_key& key, time_point now) {
  for (auto& [name, space] : spaces_)
    if (auto found = space->peek(key, now))
      return found->entry.generation >= generation_ ? std::move(found) : std::nullopt;
  return std::nullopt;
}

std::optional<found_entry> cache_shard_core::describe(stored_entry stored, time_point now) {
  if (!accepts(stored))
    return std::nullopt;
  const auto kind = parse_kind(stored.kind);
  const auto* space = kind ? space_of(kind->parts().operation) : nullptr;
  if (!space)
    return std::nullopt;
  const auto age = space->age_of(after(now, stored.expires_in), now);
  return found_entry{std::move(stored), entry_place::store, age};
}

void cache_shard_core::put(const identity& what, const cache_key& key, cached_value value, time_point now) {
  auto* space = space_of(what.kind->parts().operation);
  if (!space)
    return;
  if (is_outdated(what)) {
    ++counters_.outdated;
    return;
  }
  ++counters_.puts;
  const auto expires = after(now, space->options().lifetime);
  enter(*space, key, {.what = what, .value = std::move(value), .expires = expires}, now);
}

void cache_shard_core::enter(cache_space& space, const cache_key& key, space_entry entry, time_point now) {
  entry.entered = now;
  if (!entry.stored && space.options().store == store_mode::on_put) {
    entry.stored = writes_.push(space, key, entry);
    counters_.writes_dropped += !entry.stored;
  }
  space.put(key, std::move(entry));
  for (auto& left : space.take_leavers(now))
    counters_.writes_dropped += !writes_.push(std::move(left));
}

bool cache_shard_core::preload(const stored_entry& entry, uint32_t uses, bool from_store, time_point now) {
  auto kind = parse_kind(entry.kind);
  auto* space = kind ? space_of(kind->parts().operation) : nullptr;
  if (!space || space->contains(entry.key) || (entry.expires_in && entry.expires_in->count() <= 0))
    return false;
  const auto room = options_.preload_share_max * static_cast<double>(space->options().l1_bytes_max);
  if (space->options().recomputable && static_cast<double>(space->bytes_in_l1()) >= room)
    return false;
  auto unpacked = packer_.unpack(entry.body);
  if (!unpacked) {
    ++counters_.damaged;
    return false;
  }
  identity what{std::move(kind), std::move(unpacked->text)};
  if (is_outdated(what) || key_of(what) != entry.key)
    return false;
  ++counters_.preloaded;
  space->heat(entry.key, uses);
  const auto expires = after(now, entry.expires_in);
  enter(*space, entry.key,
        {.what = std::move(what),
         .value = std::move(unpacked->value),
         .expires = expires,
         .stored = from_store,
         .preloaded = true},
        now);
  return true;
}

std::vector<hot_key> cache_shard_core::hottest(size_t keys_max, uint64_t bytes_max) const {
  struct candidate {
    hot_key hot;
    uint64_t bytes = 0;
  };
  std::vector<candidate> all;
  for (const auto& [name, space] : spaces_)
    space->for_each_heat([&](const cache_key& key, uint32_t uses, uint64_t bytes) {
      if (uses > 0)
        all.push_back({{key, uses}, bytes});
    });
  const auto hotter = [](const candidate& a, const candidate& b) {
    return a.hot.uses != b.hot.uses ? a.hot.uses > b.hot.uses : a.hot.key < b.hot.key;
  };
  if (all.size() > keys_max) {
    std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(keys_max), all.end(), hotter);
    all.resize(keys_max);
  }
  std::sort(all.begin(), all.end(), hotter);
  std::vector<hot_key> out;
  uint64_t bytes = 0;
  for (const auto& c : all) {
    if (bytes + c.bytes > bytes_max)
      break;
    bytes += c.bytes;
    out.push_back(c.hot);
  }
  return out;
}

std::vector<stored_entry> cache_shard_core::take_writes(uint64_t bytes, time_point now) {
  auto out = writes_.take(bytes, now);
  counters_.writes += out.size();
  return out;
}

void cache_shard_core::clear(uint64_t generation) {
  if (generation <= generation_)
    return;
  generation_ = generation;
  writes_.clear();
  for (auto& [name, space] : spaces_)
    space->clear();
}

void cache_shard_core::tick(time_point now) {
  for (auto& [name, space] : spaces_)
    space->sweep(options_.sweep_entries, generation_, now);
}

cache_counters cache_shard_core::counters() const {
  auto out = counters_;
  for (const auto& [name, space] : spaces_)
    out += space->counters();
  return out;
}

} // namespace weft
