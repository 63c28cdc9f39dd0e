#pragma once

#include "runtime/routing/placement.hpp"
#include "tests/actors/actor_world.hpp"
#include "tests/support/fake_entry_link.hpp"
#include "tests/support/fake_peers.hpp"
#include "tests/support/fake_store.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace weft::test {

/// A node with a cache in memory, and whatever else the test gives it.
struct cached_world : actor_world {
  explicit cached_world(fake_device::mode how = fake_device::mode::instant) : actor_world(how) {
    options.cache.enabled = true;
    options.cache.shard.spaces = {{"embed", {}}, {"compress", {}}, {"document", {}}};
  }
  void give_store() { options.cache.stores = {store}; }
  /// Runs actors and store until neither has anything to do.
  void settle() {
    do
      step();
    while (store->work());
    step();
  }
  uint64_t all_computed() const {
    uint64_t sum = 0;
    for (const auto& entry : meter->computed)
      sum += entry.second;
    return sum;
  }

  std::shared_ptr<fake_store> store = std::make_shared<fake_store>();
};

inline std::vector<source> sources(const outcome_ptr& outcome) {
  std::vector<source> out;
  for (const auto& item : outcome->reply().items)
    out.push_back(item.source);
  return out;
}

/// Two nodes: this one is 1. Texts by who owns them while there are two.
struct two_nodes : cached_world {
  explicit two_nodes(fake_device::mode how = fake_device::mode::instant) : cached_world(how) {
    options.peers = peers;
    open();
  }
  /// With a store, and the way to the other's cache.
  struct with_store {};
  explicit two_nodes(with_store, const std::function<void(cache_options&)>& change = {}) {
    options.peers = peers;
    options.cache.link = link;
    give_store();
    if (change)
      change(options.cache);
    open();
  }
  void open() {
    start();
    settle();
    tell({1, 2});
    const auto& info = board->snapshot()->models.at(0).info;
    kind = std::make_shared<const result_kind>(result_kind_parts{.operation = "embed",
                                                                 .model = info.name,
                                                                 .model_version = info.version,
                                                                 .precision = info.precision,
                                                                 .parameters = "normalize=1;truncate=right"});
    const placement owners({{node_id{1}, 100, "a"}, {node_id{2}, 100, "a"}});
    for (int i = 0; mine.size() < 4 || theirs.size() < 4; ++i) {
      const auto text = "text " + std::to_string(i);
      (owners.first_owner(key_of(*kind, text)) == node_id{1} ? mine : theirs).push_back(text);
    }
  }
  static cluster_view_ptr view(const std::vector<uint64_t>& serving) {
    cluster_view out{.self = node_id{1}};
    for (auto id : serving)
      out.members.push_back({.node = node_id{id}, .region = "r", .zone = "a", .condition = member_condition::serving});
    return std::make_shared<const cluster_view>(std::move(out));
  }

  void tell(const std::vector<uint64_t>& serving) {
    caf::anon_send(supervisor, view(serving));
    step();
  }
  cache_key key(const std::string& text) const { return key_of(*kind, text); }
  /// What a node would store of the text.
  stored_entry entry(const std::string& text, float mark = 9) const {
    embedding made{.values = {mark, 0, 0, 1}, .tokens = 3};
    entry_packer packer;
    return {.key = key(text),
            .kind = kind->bytes(),
            .body = packer.pack(text, {std::make_shared<const embedding>(std::move(made)), {}}),
            .generation = kind->parts().generation,
            .expires_in = {}};
  }
  /// Of the whole node, as the monitor sees it.
  cache_care care() {
    pass(std::chrono::milliseconds{600});
    return board->snapshot()->cache.care;
  }

  std::shared_ptr<fake_peers> peers = std::make_shared<fake_peers>();
  std::shared_ptr<fake_entry_link> link = std::make_shared<fake_entry_link>();
  result_kind_ptr kind;
  std::vector<std::string> mine, theirs;
};

} // namespace weft::test
