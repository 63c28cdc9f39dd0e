#pragma once

#include "runtime/cache/cache_counters.hpp"
#include "runtime/cache/cache_table.hpp"
#include "runtime/cache/cached_value.hpp"
#include "runtime/cache/entry_packer.hpp"
#include "runtime/job/identity.hpp"
#include "runtime/ports/entry_link.hpp"
#include "runtime/ports/entry_store.hpp"

#include <optional>
#include <variant>
#include <vector>

namespace weft {

/// When an entry is written to the store.
enum class store_mode : uint8_t {
  never,
  on_put,      ///< as soon as it is computed: survives kill -9
  on_eviction, ///< when memory has no room for it any more: fewer writes, and a restart forgets what was hot
};

/// How one operation's results are cached.
struct cache_space_options {
  policy_kind policy = policy_kind::tiny_lfu;
  uint64_t l1_bytes_max = 128ULL << 20; ///< 0: no such level
  uint64_t l2_bytes_max = 128ULL << 20; ///< 0: no such level
  /// Results live so long; max: for ever, since an identity always means the same result.
  duration lifetime = duration::max();
  store_mode store = store_mode::on_put;
  packing_options packing{};
  /// What is lost can be computed again. Else what other nodes or clients give enters memory however full that is.
  bool recomputable = true;
};

/// What memory knows: a value from one of its levels, or nothing.
struct cache_hit {
  cached_value value;
  cache_level level = cache_level::l1;
};

/// An entry of memory by its parts: what enters, and what the store is to keep.
struct space_entry {
  identity what;
  cached_value value;
  time_point expires = time_point::max();
  time_point entered{};
  bool stored = false;
  bool preloaded = false;
};

/// One operation's entries in memory: L1 decoded, L2 packed, each under its own budget and policy. A hit in L2 moves
/// up, what leaves L1 moves down, and what leaves L2 goes to the store, if the store does not have it yet. An entry is
/// in one of the two levels at most. Not thread-safe.
class cache_space {
public:
  explicit cache_space(const cache_space_options& options);

  /// A hit compares the whole identity.
  std::optional<cache_hit> get(const identity& what, const cache_key& key, time_point now);
  void put(const cache_key& key, space_entry entry);

  /// What is there, without a request's effects: nothing is counted or moved. Empty: nothing, or it has expired.
  std::optional<found_entry> peek(const cache_key& key, time_point now);
  /// How old an entry is that expires then: empty where results live for ever.
  std::optional<std::chrono::milliseconds> age_of(time_point expires, time_point now) const;

  bool contains(const cache_key& key) { return l1_.find(key) || l2_.find(key); }

  /// Removes up to `count` expired or outdated entries a level.
  void sweep(size_t count, uint64_t generation, time_point now);
  void clear();

  /// Entries that left memory and are not in the store: packed, to be written. Empties the list.
  std::vector<stored_entry> take_leavers(time_point now);
  stored_entry to_stored(const cache_key& key, const space_entry& entry, time_point now);

  /// Calls visit(key, uses, bytes in L1) for all entries; uses: how often asked for lately.
  template <class Visitor> void for_each_heat(Visitor visit) const {
    l1_.for_each([&](const auto& e) { visit(e.key, sketch_.estimate(e.key.low), e.bytes); });
    l2_.for_each([&](const auto& e) { visit(e.key, sketch_.estimate(e.key.low), e.bytes); });
  }
  /// As if it had been asked for so often: what a list of hot keys knows about it.
  void heat(const cache_key& key, uint32_t uses);

  const cache_space_options& options() const noexcept { return options_; }
  cache_counters counters() const;
  uint64_t bytes_in_l1() const noexcept { return l1_.bytes(); }

private:
  struct decoded {
    identity what;
    cached_value value;
  };
  struct packed {
    result_kind_ptr kind;
    std::string body;
  };
  using l1_entry = cache_entry<decoded>;
  using l2_entry = cache_entry<packed>;

  std::optional<cache_hit> get_l1(const identity& what, const cache_key& key, time_point now);
  std::optional<cache_hit> get_l2(const identity& what, const cache_key& key, time_point now);
  void insert(l1_entry entry);
  void demote(l1_entry left);
  void leave(l2_entry left);
  void count_use(bool& preloaded);
  void fit_sketch() { sketch_.ensure_capacity(l1_.size() + l2_.size() + 1); }

  cache_space_options options_;
  frequency_sketch sketch_; ///< sees every request, whichever level answers
  cache_table<decoded> l1_;
  cache_table<packed> l2_;
  entry_packer packer_;
  std::vector<l1_entry> from_l1_; ///< reused
  std::vector<l2_entry> from_l2_; ///< reused
  std::vector<l2_entry> leavers_;
  cache_counters counters_;
};

} // namespace weft
