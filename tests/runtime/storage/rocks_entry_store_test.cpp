#include "runtime/storage/rocks_entry_store.hpp"
#include "tests/runtime/storage/failing_env.hpp"
#include "tests/runtime/storage/store_calls.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <mutex>
#include <random>
#include <set>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

/// A store on a folder of its own, with a clock that the test moves and reports that it reads.
struct world {
  temporary_directory folder;
  std::atomic<uint64_t> now{1'000'000};
  std::mutex mutex;
  std::vector<std::string> reports;
  failing_env env;

  rocks_entry_store_options options() {
    rocks_entry_store_options o;
    o.path = folder.path() / "cache";
    o.bytes_max = 64 << 20;
    o.free_bytes_min = 0;
    o.retry_after = 0ms;
    o.maintain_every = 0ms;
    o.wall_clock = [this] { return now.load(); };
    o.report = [this](const std::string& what) {
      const std::lock_guard lock{mutex};
      reports.push_back(what);
    };
    return o;
  }
  bool reported(const std::string& word) {
    const std::lock_guard lock{mutex};
    for (const auto& r : reports)
      if (r.find(word) != std::string::npos)
        return true;
    return false;
  }
};

std::string noise(uint64_t seed, size_t size) {
  std::mt19937_64 random{seed};
  std::string out(size, '\0');
  for (auto& c : out)
    c = static_cast<char>(random());
  return out;
}

status maintain(rocks_entry_store& store) {
  return store_calls::wait<status>([&](auto done) { store.maintain(std::move(done)); });
}
status flush(rocks_entry_store& store) {
  return store_calls::wait<status>([&](auto done) { store.flush(std::move(done)); });
}

} // namespace

TEST_CASE("what was put is found, in the order asked, after a restart too") {
  world w;
  for (bool restarted : {false, true}) {
    CAPTURE(restarted);
    rocks_entry_store store{w.options()};
    store_calls calls{store};
    if (!restarted)
      CHECK(calls.put({numbered_entry(1, "one"), numbered_entry(2, noise(2, 5'000), 7)}));
    const auto found = calls.get({numbered_key(2), numbered_key(9), numbered_key(1)});
    REQUIRE(found);
    REQUIRE(found->size() == 3);
    REQUIRE((*found)[0]);
    CHECK((*found)[0]->key == numbered_key(2));
    CHECK((*found)[0]->kind == "kind");
    CHECK((*found)[0]->body == noise(2, 5'000));
    CHECK((*found)[0]->generation == 7);
    CHECK(!(*found)[0]->expires_in);
    CHECK(!(*found)[1]);
    CHECK((*found)[2]->body == "one");
    CHECK(store.counters().reads == 3);
    CHECK(store.counters().found == 2);
  }
  CHECK(w.reports.empty());
}

TEST_CASE("an entry expires by the wall clock, while the node is down too, and is then removed") {
  world w;
  auto short_lived = numbered_entry(1, "short");
  short_lived.expires_in = 10s;
  {
    rocks_entry_store store{w.options()};
    store_calls calls{store};
    CHECK(calls.put({short_lived}));
    CHECK(calls.put({numbered_entry(2, "long")}));
    w.now += 4'000;
    const auto found = calls.get({numbered_key(1)});
    CHECK((*found)[0]->expires_in == 6s);
  }
  w.now += 6'000;
  rocks_entry_store store{w.options()};
  store_calls calls{store};
  CHECK(calls.body(numbered_key(1)) == "");
  CHECK(calls.body(numbered_key(2)) == "long");
  const auto before = store.counters().bytes;
  CHECK(maintain(store));
  CHECK(store.counters().bytes < before);
  CHECK(store.counters().bytes > 0);
  w.now -= 6'000; // it is not only hidden: it has gone
  CHECK(calls.body(numbered_key(1)) == "");
  CHECK(calls.body(numbered_key(2)) == "long");
}

TEST_CASE("entries of a cleared generation are absent at once, after a restart too, and are removed") {
  world w;
  {
    rocks_entry_store store{w.options()};
    store_calls calls{store};
    CHECK(calls.put({numbered_entry(1, "old", 1), numbered_entry(2, "new", 2)}));
    CHECK(calls.clear(2));
    CHECK(calls.body(numbered_key(1)) == "");
    CHECK(calls.body(numbered_key(2)) == "new");
    CHECK(calls.put({numbered_entry(3, "late", 1)})); // a writer that has not heard: nothing is kept
    CHECK(calls.body(numbered_key(3)) == "");
    CHECK(calls.clear(1)); // a lower generation changes nothing
  }
  rocks_entry_store store{w.options()};
  store_calls calls{store};
  CHECK(calls.body(numbered_key(1)) == "");
  CHECK(calls.body(numbered_key(2)) == "new");
  CHECK(calls.clear(3));
  CHECK(calls.body(numbered_key(2)) == "");
  CHECK(maintain(store));
  CHECK(store.counters().bytes == 0);
}

TEST_CASE("over its size limit a store removes the oldest, and never more than it must") {
  world w;
  auto options = w.options();
  options.bytes_max = 4 << 20;
  rocks_entry_store store{options};
  store_calls calls{store};
  for (uint64_t n = 0; n < 1'000; ++n) {
    CHECK(calls.put({numbered_entry(n, noise(n, 20'000))}));
    if (n == 500)
      CHECK(calls.put({numbered_entry(400, "written again")})); // so it is no longer as old as its neighbors
    if (n % 50 == 0)
      CHECK(store.counters().bytes <= options.bytes_max);
  }
  CHECK(store.counters().bytes > options.bytes_max * 9 / 10);
  CHECK(store.counters().evicted > 700);
  CHECK(calls.body(numbered_key(0)) == "");
  CHECK(calls.body(numbered_key(999)) == noise(999, 20'000));
  CHECK(calls.body(numbered_key(850)) == noise(850, 20'000));
  CHECK(calls.body(numbered_key(700)) == "");
  CHECK(flush(store));
  // Files shrink when RocksDB gets round to compacting them.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (store.counters().bytes_on_disk >= options.bytes_max * 2 && std::chrono::steady_clock::now() < end)
    CHECK(maintain(store));
  CHECK(store.counters().bytes_on_disk < options.bytes_max * 2);
}

TEST_CASE("an entry that was written again outlives the batch that it came with first") {
  world w;
  auto options = w.options();
  options.bytes_max = 1 << 20;
  rocks_entry_store store{options};
  store_calls calls{store};
  for (uint64_t n = 0; n < 100; ++n) {
    CHECK(calls.put({numbered_entry(n, noise(n, 20'000))}));
    if (n % 10 == 0)
      CHECK(calls.put({numbered_entry(1'000, "kept warm")}));
  }
  CHECK(calls.body(numbered_key(1'000)) == "kept warm");
  CHECK(calls.body(numbered_key(1)) == "");
}

TEST_CASE("a scan gives every entry once, in the order of keys, in pages within their limits") {
  world w;
  rocks_entry_store store{w.options()};
  store_calls calls{store};
  std::set<cache_key> expected;
  for (uint64_t n = 0; n < 300; ++n) {
    CHECK(calls.put({numbered_entry(n, noise(n, n * 10))}));
    expected.insert(numbered_key(n));
  }
  std::vector<cache_key> seen;
  std::optional<cache_key> from = cache_key{};
  while (from) {
    const auto page = calls.scan(*from, {.entries_max = 64, .bytes_max = 20'000});
    REQUIRE(page);
    CHECK(page->entries.size() <= 64);
    uint64_t bytes = 0;
    for (const auto& e : page->entries) {
      seen.push_back(e.key);
      bytes += e.body.size();
    }
    CHECK(bytes < 20'000 + 3'000);
    from = page->next;
  }
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  CHECK(std::set<cache_key>(seen.begin(), seen.end()) == expected);
  CHECK(seen.size() == expected.size());
}

TEST_CASE("the list of hot keys survives a restart") {
  world w;
  const std::vector<hot_key> list{{numbered_key(5), 15}, {numbered_key(6), 3}};
  {
    rocks_entry_store store{w.options()};
    store_calls calls{store};
    CHECK(calls.hot()->empty());
    CHECK(calls.keep({{numbered_key(1), 1}}));
    CHECK(calls.keep(list));
  }
  rocks_entry_store store{w.options()};
  CHECK(*store_calls{store}.hot() == list);
}

TEST_CASE("a flipped byte in a table file: the store moves it aside, says so, and starts empty") {
  world w;
  {
    rocks_entry_store store{w.options()};
    store_calls calls{store};
    for (uint64_t n = 0; n < 500; ++n)
      CHECK(calls.put({numbered_entry(n, noise(n, 2'000))}));
    CHECK(flush(store));
  }
  int damaged = 0;
  for (const auto& file : std::filesystem::directory_iterator(w.options().path))
    if (file.path().extension() == ".sst" && file.file_size() > 100'000) {
      std::fstream bytes{file.path(), std::ios::in | std::ios::out | std::ios::binary};
      for (std::streamoff at = 1'000; at < 60'000; at += 1'000) {
        bytes.seekp(at);
        bytes.put('\x55');
      }
      ++damaged;
    }
  REQUIRE(damaged > 0);
  rocks_entry_store store{w.options()};
  store_calls calls{store};
  for (uint64_t n = 0; n < 500; ++n) { // never a wrong body: what is lost is absent
    const auto found = calls.get({numbered_key(n)});
    if (!found) // while the databases are exchanged
      CHECK(found.error().code == errc::storage_failed);
    else if ((*found)[0])
      CHECK((*found)[0]->body == noise(n, 2'000));
  }
  CHECK(calls.put({numbered_entry(1'000, "after")})); // in its turn after the mending
  CHECK(w.reported("damaged"));
  CHECK(std::filesystem::exists(w.options().path.string() + ".damaged"));
  CHECK(store.counters().damaged_stores >= 1);
  CHECK(calls.body(numbered_key(1'000)) == "after");
  CHECK(calls.body(numbered_key(499)) == "");
  CHECK(store.counters().accepts_writes);
}

TEST_CASE("a database that cannot be opened is moved aside, whichever file is damaged") {
  for (const auto* kind : {"CURRENT", "MANIFEST", ".sst cut", ".sst gone"}) {
    CAPTURE(kind);
    world w;
    {
      rocks_entry_store store{w.options()};
      store_calls calls{store};
      CHECK(calls.put({numbered_entry(1, noise(1, 50'000))}));
      CHECK(flush(store));
    }
    const std::string what{kind};
    for (const auto& file : std::filesystem::directory_iterator(w.options().path)) {
      const auto name = file.path().filename().string();
      const bool is_table = file.path().extension() == ".sst" && file.file_size() > 10'000;
      if (what == "CURRENT" ? name == what : name.starts_with(what))
        std::ofstream{file.path(), std::ios::binary} << "nonsense";
      else if (what == ".sst cut" && is_table)
        std::filesystem::resize_file(file.path(), 1'000);
      else if (what == ".sst gone" && is_table)
        std::filesystem::remove(file.path());
    }
    rocks_entry_store store{w.options()};
    store_calls calls{store};
    CHECK(w.reported("damaged"));
    CHECK(store.counters().damaged_stores == 1);
    CHECK(calls.body(numbered_key(1)) == "");
    CHECK(calls.put({numbered_entry(2, "goes on")}));
    CHECK(calls.body(numbered_key(2)) == "goes on");
  }
}

TEST_CASE("on a full disk writes are refused with the reason, reads go on, and writing comes back by itself") {
  world w;
  auto options = w.options();
  options.env = &w.env;
  rocks_entry_store store{options};
  store_calls calls{store};
  CHECK(calls.put({numbered_entry(1, "before")}));
  w.env.full = true;
  const auto refused = calls.put({numbered_entry(2, "lost"), numbered_entry(3, "lost")});
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::storage_full);
  CHECK(!store.counters().accepts_writes);
  CHECK(store.counters().write_failures == 2);
  CHECK(w.reported("not written"));
  CHECK(calls.body(numbered_key(1)) == "before");
  CHECK(calls.put({numbered_entry(2, "lost")}).error().code == errc::storage_full);
  w.env.full = false;
  const auto again = calls.put({numbered_entry(4, "after")});
  CHECK_MESSAGE(again, (again ? "" : again.error().message));
  CHECK(store.counters().accepts_writes);
  CHECK(w.reported("written again"));
  CHECK(calls.body(numbered_key(4)) == "after");
  CHECK(calls.body(numbered_key(1)) == "before");
}

TEST_CASE("while the disk is full, it is not tried before its time") {
  world w;
  auto options = w.options();
  options.env = &w.env;
  options.retry_after = 1h;
  rocks_entry_store store{options};
  store_calls calls{store};
  w.env.full = true;
  CHECK(!calls.put({numbered_entry(1, "lost")}));
  w.env.full = false;
  CHECK(calls.put({numbered_entry(1, "lost")}).error().code == errc::storage_full);
}

TEST_CASE("a store that finds the disk full at its start serves nothing, and opens when there is room") {
  world w;
  auto options = w.options();
  options.env = &w.env;
  w.env.full = true;
  rocks_entry_store store{options};
  store_calls calls{store};
  CHECK(calls.get({numbered_key(1)}).error().code == errc::storage_failed);
  CHECK(!calls.put({numbered_entry(1, "lost")}));
  CHECK(store.counters().read_failures == 1);
  w.env.full = false;
  CHECK(calls.put({numbered_entry(1, "kept")}));
  CHECK(calls.body(numbered_key(1)) == "kept");
}

TEST_CASE("a disk with less room than others need is not written to") {
  world w;
  auto options = w.options();
  options.free_bytes_min = UINT64_MAX;
  rocks_entry_store store{options};
  const auto refused = store_calls{store}.put({numbered_entry(1, "lost")});
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::storage_full);
}

TEST_CASE("what waits is bounded, is refused beyond, and is done before the store goes") {
  world w;
  auto options = w.options();
  options.write_bytes_max = 100'000;
  std::atomic<int> written{0}, refused{0};
  {
    rocks_entry_store store{options};
    CHECK(store_calls{store}.put({numbered_entry(9'999, noise(1, 200'000))}).error().code == errc::overloaded);
    for (uint64_t n = 0; n < 200; ++n)
      store.put({numbered_entry(n, noise(n, 10'000))}, [&](const status& s) {
        ++(s ? written : refused);
        if (!s)
          CHECK(s.error().code == errc::overloaded);
      });
    CHECK(store.counters().refused >= 1);
  }
  CHECK(written + refused == 200);
  rocks_entry_store store{options};
  const auto page = store_calls{store}.scan({}, {.entries_max = 1'000, .bytes_max = 1 << 30});
  CHECK(page->entries.size() == static_cast<size_t>(written));
}
