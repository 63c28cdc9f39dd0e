#pragma once

#include "runtime/ports/entry_store.hpp"

#include <future>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {

/// Calls of an entry_store that wait for their answers.
class store_calls {
public:
  explicit store_calls(entry_store& store) : store_(store) {}

  auto get(std::vector<cache_key> keys) {
    return wait<result<std::vector<std::optional<stored_entry>>>>(
        [&](auto done) { store_.get(std::move(keys), std::move(done)); });
  }
  /// The body under this key, or "" where there is none.
  std::string body(const cache_key& key) {
    const auto found = get({key});
    return found && (*found)[0] ? (*found)[0]->body : "";
  }
  status put(std::vector<stored_entry> entries) {
    return wait<status>([&](auto done) { store_.put(std::move(entries), std::move(done)); });
  }
  status clear(uint64_t generation) {
    return wait<status>([&](auto done) { store_.clear(generation, std::move(done)); });
  }
  auto scan(cache_key from, scan_limits limits) {
    return wait<result<stored_page>>([&](auto done) { store_.scan(from, limits, std::move(done)); });
  }
  status keep(std::vector<hot_key> keys) {
    return wait<status>([&](auto done) { store_.keep_hot_keys(std::move(keys), std::move(done)); });
  }
  auto hot() {
    return wait<result<std::vector<hot_key>>>([&](auto done) { store_.hot_keys(std::move(done)); });
  }

  template <class Answer, class Start> static Answer wait(Start start) {
    auto answer = std::make_shared<std::promise<Answer>>();
    auto future = answer->get_future();
    start([answer](Answer a) { answer->set_value(std::move(a)); });
    return future.get();
  }

private:
  entry_store& store_;
};

inline cache_key numbered_key(uint64_t n) {
  const uint64_t mixed = (n + 1) * 0x9E37'79B9'7F4A'7C15ULL;
  return {mixed ^ (mixed >> 29), n};
}

inline stored_entry numbered_entry(uint64_t n, std::string body, uint64_t generation = 0) {
  return {numbered_key(n), "kind", std::move(body), generation, std::nullopt};
}

} // namespace weft::test
