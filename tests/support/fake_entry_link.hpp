#pragma once

#include "runtime/ports/entry_link.hpp"

#include <deque>
#include <functional>
#include <map>
#include <utility>
#include <vector>

namespace weft::test {

/// The caches of other nodes: keeps what they are given and asked for, for the test to answer.
class fake_entry_link final : public entry_link {
public:
  struct given {
    node_id to{};
    entry_parcel parcel;
    std::function<void(status)> done;
  };
  struct looked {
    node_id at{};
    std::vector<cache_key> keys;
    std::function<void(result<found_entries>)> done;

    /// Answers with what is in `store`.
    void answer(const std::map<cache_key, stored_entry>& store) const {
      found_entries out;
      for (const auto& key : keys)
        out.push_back(store.contains(key) ? std::optional{found_entry{store.at(key), entry_place::store, std::nullopt}}
                                          : std::nullopt);
      done(std::move(out));
    }
  };
  struct listed {
    node_id at{};
    std::function<void(result<std::vector<hot_key>>)> done;
  };

  void give(const cluster_member& to, entry_parcel parcel, std::function<void(status)> done) override {
    gifts.push_back({to.node, std::move(parcel), std::move(done)});
  }
  void find(const cluster_member& at, std::vector<cache_key> keys, std::chrono::milliseconds,
            std::function<void(result<found_entries>)> done) override {
    looks.push_back({at.node, std::move(keys), std::move(done)});
  }
  void hottest(const cluster_member& at, uint32_t, std::function<void(result<std::vector<hot_key>>)> done) override {
    lists.push_back({at.node, std::move(done)});
  }

  std::deque<given> gifts;
  std::deque<looked> looks;
  std::deque<listed> lists;
};

} // namespace weft::test
