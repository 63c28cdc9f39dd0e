#pragma once

#include "runtime/ports/entry_store.hpp"

#include <deque>
#include <functional>
#include <map>
#include <utility>

namespace weft::test {

/// A store in memory that answers when the test says so.
class fake_store final : public entry_store {
public:
  void get(std::vector<cache_key> keys, read_done done) override {
    ++gets;
    later([this, keys = std::move(keys), done = std::move(done)] {
      if (broken)
        return done(failure{errc::storage_failed, "broken"});
      std::vector<std::optional<stored_entry>> out;
      for (const auto& key : keys)
        out.push_back(entries.contains(key) ? std::optional{entries.at(key)} : std::nullopt);
      done(std::move(out));
    });
  }
  void put(std::vector<stored_entry> added, write_done done) override {
    later([this, added = std::move(added), done = std::move(done)] {
      if (broken)
        return done(failure{errc::storage_full, "full"});
      for (const auto& entry : added)
        entries[entry.key] = entry;
      done(ok);
    });
  }
  void clear(uint64_t generation, write_done done) override {
    later([this, generation, done = std::move(done)] {
      std::erase_if(entries, [&](const auto& it) { return it.second.generation < generation; });
      done(ok);
    });
  }
  void scan(cache_key, scan_limits, scan_done done) override { done(stored_page{}); }
  void keep_hot_keys(std::vector<hot_key> keys, write_done done) override {
    hot = std::move(keys);
    done(ok);
  }
  void hot_keys(hot_done done) override { done(hot); }
  entry_store_counters counters() const override { return {.damaged_stores = damaged, .accepts_writes = !broken}; }

  /// Answers what was asked; false when nothing waits.
  bool work() {
    if (waiting_.empty())
      return false;
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    next();
    return true;
  }

  std::map<cache_key, stored_entry> entries;
  std::vector<hot_key> hot;
  bool broken = false;
  uint64_t damaged = 0; ///< times that it was set aside
  int gets = 0;

private:
  void later(std::function<void()> work) { waiting_.push_back(std::move(work)); }
  std::deque<std::function<void()>> waiting_;
};

} // namespace weft::test
