#pragma once

#include "runtime/ports/entry_store.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace weft::test {

/// A store in memory that answers on a thread of its own, as a real one does. Thread-safe.
class threaded_store final : public entry_store {
public:
  ~threaded_store() override {
    {
      const std::lock_guard hold(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void get(std::vector<cache_key> keys, read_done done) override {
    later([this, keys = std::move(keys), done = std::move(done)] {
      std::vector<std::optional<stored_entry>> out;
      for (const auto& key : keys) {
        const auto found = entries_.find(key);
        const bool there = found != entries_.end() && found->second.generation >= generation_;
        out.push_back(there ? std::optional{found->second} : std::nullopt);
        ++counted_.reads;
        counted_.found += there ? 1 : 0;
      }
      done(std::move(out));
    });
  }
  void put(std::vector<stored_entry> added, write_done done) override {
    later([this, added = std::move(added), done = std::move(done)] {
      for (const auto& entry : added)
        entries_[entry.key] = entry;
      counted_.writes += added.size();
      done(ok);
    });
  }
  void clear(uint64_t generation, write_done done) override {
    later([this, generation, done = std::move(done)] {
      generation_ = std::max(generation_, generation);
      done(ok);
    });
  }
  void scan(cache_key, scan_limits, scan_done done) override {
    later([done = std::move(done)] { done(stored_page{}); });
  }
  void keep_hot_keys(std::vector<hot_key> keys, write_done done) override {
    later([this, keys = std::move(keys), done = std::move(done)] {
      hot_ = keys;
      done(ok);
    });
  }
  void hot_keys(hot_done done) override {
    later([this, done = std::move(done)] { done(hot_); });
  }
  entry_store_counters counters() const override {
    const std::lock_guard hold(mutex_);
    return told_;
  }

private:
  void later(std::function<void()> work) {
    const std::lock_guard hold(mutex_);
    waiting_.push_back(std::move(work));
    changed_.notify_all();
  }
  void serve() {
    std::unique_lock hold(mutex_);
    for (;;) {
      changed_.wait(hold, [&] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty())
        return;
      auto next = std::move(waiting_.front());
      waiting_.pop_front();
      hold.unlock();
      next();
      next = {};
      hold.lock();
      told_ = counted_;
    }
  }

  // The store's thread alone.
  std::map<cache_key, stored_entry> entries_;
  std::vector<hot_key> hot_;
  uint64_t generation_ = 0;
  entry_store_counters counted_;

  mutable std::mutex mutex_; // guards the rest
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  entry_store_counters told_;
  bool stopping_ = false;
  std::thread thread_{[this] { serve(); }};
};

} // namespace weft::test
