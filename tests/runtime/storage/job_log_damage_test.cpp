#include "runtime/storage/job_log_format.hpp"
#include "runtime/storage/rocks_job_log.hpp"
#include "tests/runtime/storage/job_log_calls.hpp"
#include "tests/runtime/storage/job_log_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <rocksdb/db.h>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

/// All files of a log's database with this ending and at least so many bytes.
std::vector<fs::path> files_of(const fs::path& log, const std::string& ending, uintmax_t bytes_min = 0) {
  std::vector<fs::path> out;
  for (const auto& file : fs::directory_iterator(log / "db"))
    if (file.path().filename().string().ends_with(ending) && file.file_size() >= bytes_min)
      out.push_back(file.path());
  return out;
}

void flip(const fs::path& file, std::streamoff first, std::streamoff last, std::streamoff step) {
  std::fstream bytes{file, std::ios::in | std::ios::out | std::ios::binary};
  for (auto at = first; at < last; at += step) {
    bytes.seekg(at);
    const auto was = static_cast<char>(bytes.get());
    bytes.seekp(at);
    bytes.put(static_cast<char>(was ^ 0x55));
  }
}

/// Writes what is in memory to table files, as another program on the closed database.
void flush(const fs::path& log) {
  std::vector<std::string> names;
  REQUIRE(rocksdb::DB::ListColumnFamilies({}, (log / "db").string(), &names).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const auto& name : names)
    families.push_back({name, {}});
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  REQUIRE(rocksdb::DB::Open({}, (log / "db").string(), families, &handles, &db).ok());
  const std::unique_ptr<rocksdb::DB> closing{db};
  CHECK(db->Flush({}, handles).ok());
  for (auto* handle : handles)
    CHECK(db->DestroyColumnFamilyHandle(handle).ok());
}

/// A log with `segments` of 2 kB, in table files.
void fill(job_log_world& w, uint32_t segments) {
  {
    rocks_job_log log{w.options()};
    job_log_calls calls{log};
    REQUIRE(calls.load());
    job_log_batch batch;
    batch.headers = {numbered_header(1)};
    for (uint32_t i = 0; i < segments; ++i)
      batch.segments.push_back(texts_of({numbered_job(1), i}, 2'000));
    REQUIRE(calls.write(batch));
  }
  flush(w.options().path);
}

} // namespace

TEST_CASE("a process that is killed loses nothing that was answered") {
  job_log_world w;
  rocks_job_log log{w.options()};
  job_log_calls calls{log};
  REQUIRE(calls.load());
  for (uint32_t i = 0; i < 50; ++i)
    REQUIRE(calls.write({texts_of({numbered_job(1), i}, 1'000)}));
  // The files as a kill leaves them: the log is still open.
  auto options = w.options();
  options.path = w.folder.path() / "left";
  fs::create_directories(options.path);
  fs::copy(w.options().path, options.path, fs::copy_options::recursive);
  rocks_job_log next{options};
  job_log_calls next_calls{next};
  const auto loaded = next_calls.load();
  REQUIRE(loaded);
  CHECK(!loaded->was_damaged);
  CHECK(loaded->segments.size() == 50);
  for (uint32_t i = 0; i < 50; ++i)
    CHECK(next_calls.body({numbered_job(1), i}) == *texts_of({numbered_job(1), i}, 1'000).body);
}

TEST_CASE("a write that a power failure tore is not there, and everything before it is") {
  job_log_world w;
  {
    rocks_job_log log{w.options()};
    job_log_calls calls{log};
    REQUIRE(calls.load());
    for (uint32_t i = 0; i < 20; ++i)
      REQUIRE(calls.write({texts_of({numbered_job(1), i}, 1'000)}));
  }
  for (const auto& file : files_of(w.options().path, ".log", 1'000))
    fs::resize_file(file, fs::file_size(file) - 500);
  rocks_job_log log{w.options()};
  job_log_calls calls{log};
  const auto loaded = calls.load();
  REQUIRE(loaded);
  CHECK(!loaded->was_damaged);
  CHECK(loaded->segments.size() == 19);
  CHECK(calls.write({texts_of({numbered_job(1), 19}, 1'000)}));
}

TEST_CASE("a damaged body is absent and counted; the others, and the list of what there should be, stay") {
  job_log_world w;
  fill(w, 200);
  const auto tables = files_of(w.options().path, ".sst", 100'000);
  REQUIRE(tables.size() == 1);
  flip(tables[0], 50'000, 50'001, 1);
  rocks_job_log log{w.options()};
  job_log_calls calls{log};
  const auto loaded = calls.load();
  REQUIRE(loaded);
  CHECK(!loaded->was_damaged);
  CHECK(loaded->segments.size() == 200);
  uint32_t absent = 0;
  for (uint32_t i = 0; i < 200; ++i) {
    const auto body = calls.body({numbered_job(1), i});
    absent += body.empty();
    if (!body.empty())
      CHECK(body == *texts_of({numbered_job(1), i}, 2'000).body);
  }
  CHECK(absent >= 1);
  CHECK(absent <= 20); // of one block
  CHECK(log.counters().damaged == absent);
  CHECK(w.reported("records of the job log are damaged"));
  // Another node gives it again. RocksDB may have met the damage by now: then the log is mended, and loaded first.
  for (uint32_t i = 0; i < 200; ++i)
    if (calls.body({numbered_job(1), i}).empty()) {
      if (!calls.write({texts_of({numbered_job(1), i}, 2'000)})) {
        REQUIRE(calls.load());
        CHECK(calls.write({texts_of({numbered_job(1), i}, 2'000)}));
      }
      CHECK(!calls.body({numbered_job(1), i}).empty());
    }
}

TEST_CASE("one damaged file costs what it has and nothing else") {
  for (const auto* kind : {"CURRENT gone", "MANIFEST", "one table cut", "one table gone", "one table flipped"}) {
    CAPTURE(std::string{kind});
    job_log_world w;
    fill(w, 300);
    {
      rocks_job_log log{w.options()};
      job_log_calls calls{log};
      job_log_batch batch;
      batch.headers = {numbered_header(2)};
      for (uint32_t i = 0; i < 300; ++i)
        batch.segments.push_back(texts_of({numbered_job(2), i}, 2'000));
      REQUIRE(calls.load());
      REQUIRE(calls.write(batch));
    }
    flush(w.options().path);
    const std::string what{kind};
    const auto path = w.options().path;
    auto tables = files_of(path, ".sst", 100'000);
    REQUIRE(tables.size() == 2);
    std::ranges::sort(tables);
    if (what == "CURRENT gone")
      fs::remove(path / "db" / "CURRENT");
    for (const auto& file : fs::directory_iterator(path / "db"))
      if (what == "MANIFEST" && file.path().filename().string().starts_with(what))
        std::ofstream{file.path()} << "nonsense";
    if (what == "one table cut")
      fs::resize_file(tables[0], fs::file_size(tables[0]) / 2);
    else if (what == "one table gone")
      fs::remove(tables[0]);
    else if (what == "one table flipped")
      flip(tables[0], 50'000, 50'001, 1);
    rocks_job_log log{w.options()};
    job_log_calls calls{log};
    auto loaded = calls.load();
    REQUIRE(loaded);
    CHECK(loaded->headers.size() == 2);
    // The table has bodies: metas alone are no segments, where the damage was found.
    CHECK(loaded->segments.size() == (what == "one table cut" || what == "one table gone" ? 300 : 600));
    CHECK(loaded->was_damaged == (what != "one table flipped"));
    uint32_t absent = 0;
    for (uint32_t i = 0; i < 300; ++i) {
      absent += calls.body({numbered_job(1), i}).empty();
      CHECK(calls.body({numbered_job(2), i}) == *texts_of({numbered_job(2), i}, 2'000).body);
    }
    CHECK((absent > 0) == what.starts_with("one table"));
    CHECK(w.reported("mended") == (what != "one table flipped"));
    CHECK(!fs::exists(path.string() + ".damaged"));
  }
}

TEST_CASE("a damaged record in the middle of the latest writes is said, and those before it are there") {
  job_log_world w;
  {
    rocks_job_log log{w.options()};
    job_log_calls calls{log};
    REQUIRE(calls.load());
    for (uint32_t i = 0; i < 40; ++i)
      REQUIRE(calls.write({texts_of({numbered_job(1), i}, 10'000)}));
  }
  const auto logs = files_of(w.options().path, ".log", 100'000);
  REQUIRE(logs.size() == 1);
  flip(logs[0], 200'000, 200'001, 1);
  rocks_job_log log{w.options()};
  job_log_calls calls{log};
  const auto loaded = calls.load();
  REQUIRE(loaded);
  CHECK(loaded->segments.size() > 10);
  CHECK(loaded->segments.size() < 30);
  CHECK(w.reported("torn by a power failure"));
  CHECK(log.counters().damaged == 1);
  for (const auto& meta : loaded->segments)
    CHECK(calls.body(meta.id) == *texts_of(meta.id, 10'000).body);
  CHECK(calls.write({texts_of({numbered_job(1), 39}, 100)}));
}

TEST_CASE("a body that is not the one of its meta is absent") {
  job_log_world w;
  auto record = texts_of({numbered_job(1), 0}, 500);
  rocks_job_log log{w.options()};
  job_log_calls calls{log};
  for (int what = 0; what < 2; ++what) {
    auto wrong = record;
    (what == 0 ? wrong.meta.hash : wrong.meta.bytes) ^= 1;
    CHECK(calls.write({wrong}));
    CHECK(calls.body({numbered_job(1), 0}).empty());
  }
  CHECK(log.counters().damaged == 2);
}

TEST_CASE("a log that cannot be opened starts with what is whole, whichever file is damaged, and says so once") {
  struct damage {
    const char* kind;
    size_t headers, segments; ///< that are left of 1 and 500
  };
  for (const auto& [kind, headers, segments] :
       {damage{"CURRENT", 1, 500}, damage{"CURRENT gone", 1, 500}, damage{"MANIFEST", 1, 500}, damage{".sst cut", 0, 0},
        damage{".sst gone", 0, 0}, damage{"FORMAT", 0, 0}, damage{"metas", 1, 0}}) {
    CAPTURE(std::string{kind});
    job_log_world w;
    fill(w, 500);
    const std::string what{kind};
    const auto path = w.options().path;
    if (what == "FORMAT")
      std::ofstream{path / "FORMAT"} << "nonsense";
    else if (what == "CURRENT")
      std::ofstream{path / "db" / "CURRENT"} << "nonsense";
    else if (what == "CURRENT gone")
      fs::remove(path / "db" / "CURRENT");
    for (const auto& file : fs::directory_iterator(path / "db"))
      if (what == "MANIFEST" && file.path().filename().string().starts_with(what))
        std::ofstream{file.path()} << "nonsense";
    for (const auto& table : files_of(path, ".sst")) {
      if (what == ".sst cut")
        fs::resize_file(table, fs::file_size(table) / 2);
      else if (what == ".sst gone")
        fs::remove(table);
      else if (what == "metas" && fs::file_size(table) > 20'000 && fs::file_size(table) < 500'000)
        flip(table, 1'000, 20'000, 100);
    }
    for (bool again : {false, true}) {
      CAPTURE(again);
      rocks_job_log log{w.options()};
      job_log_calls calls{log};
      const auto loaded = calls.load();
      REQUIRE(loaded);
      CHECK(loaded->was_damaged == !again);
      CHECK(loaded->headers.size() == headers);
      CHECK(loaded->segments.size() == segments + again);
      CHECK(!calls.load()->was_damaged); // it was said
      CHECK(log.counters().damaged == (again ? 0 : 1));
      CHECK(calls.write({texts_of({numbered_job(2), 0}, 100)}));
    }
    CHECK(w.reported("damaged"));
    CHECK(w.reported("mended") == (what != "FORMAT"));
    CHECK(fs::exists(path.string() + ".damaged") == (what == "FORMAT"));
  }
}

TEST_CASE("damage found while the log runs: nothing is written until whoever remembers its records has loaded again") {
  job_log_world w;
  fill(w, 100);
  rocks_job_log log{w.options()};
  job_log_calls calls{log};
  REQUIRE(calls.load()->segments.size() == 100);
  // A removal reads metas, to count them.
  for (const auto& table : files_of(w.options().path, ".sst"))
    if (fs::file_size(table) > 5'000 && fs::file_size(table) < 100'000)
      flip(table, 100, 5'000, 100);
  job_log_batch removal;
  removal.removed = {numbered_job(1)};
  const auto refused = calls.write(removal);
  if (refused)
    return; // the blocks were in RocksDB's memory: nothing was found
  CHECK(refused.error().code == errc::state_damaged);
  CHECK(calls.write({texts_of({numbered_job(2), 0}, 100)}).error().code == errc::state_damaged);
  const auto loaded = calls.load();
  REQUIRE(loaded);
  CHECK(loaded->was_damaged);
  CHECK(loaded->segments.empty());
  CHECK(calls.write({texts_of({numbered_job(2), 0}, 100)}));
}

TEST_CASE("on a full disk writes are refused with the reason, reads go on, and writing comes back by itself") {
  job_log_world w;
  auto options = w.options();
  options.env = &w.env;
  {
    rocks_job_log log{options};
    job_log_calls calls{log};
    const auto begin = calls.load();
    REQUIRE(begin);
    const segment_id first{numbered_job(1), 0}, second{numbered_job(1), 1}, third{numbered_job(1), 2};
    CHECK(calls.write({texts_of(first, 1'000)}));
    w.env.full = true;
    for (int i = 0; i < 2; ++i) {
      const auto refused = calls.write({texts_of(second, 1'000)});
      REQUIRE(!refused);
      CHECK(refused.error().code == errc::storage_full);
    }
    CHECK(!log.counters().accepts_writes);
    CHECK(log.counters().write_failures == 2);
    CHECK(w.reported("takes nothing new"));
    CHECK(calls.body(first) == *texts_of(first, 1'000).body);
    const auto read = calls.load();
    REQUIRE(read);
    CHECK(read->segments.size() == 1);
    CHECK(read->next_sequence > begin->next_sequence);
    w.env.full = false;
    const auto again = calls.write({texts_of(third, 1'000)});
    CHECK_MESSAGE(again, (again ? "" : again.error().message));
    CHECK(log.counters().accepts_writes);
    CHECK(w.reported("written again"));
    CHECK(calls.body(first) == *texts_of(first, 1'000).body);
    CHECK(calls.body(second).empty());
  }
  rocks_job_log log{options};
  const auto loaded = job_log_calls{log}.load();
  CHECK(loaded->segments.size() == 2);
  CHECK(!loaded->was_damaged);
  CHECK(!fs::exists(options.path.string() + ".damaged"));
}

TEST_CASE("writing comes back though nobody writes, and not before its time") {
  job_log_world w;
  auto options = w.options();
  options.env = &w.env;
  options.retry_after = 1h;
  {
    rocks_job_log log{options};
    job_log_calls calls{log};
    REQUIRE(calls.load());
    w.env.full = true;
    CHECK(!calls.write({texts_of({numbered_job(1), 0}, 100)}));
    w.env.full = false;
    CHECK(calls.write({texts_of({numbered_job(1), 0}, 100)}).error().code == errc::storage_full);
  }
  options.retry_after = 1ms;
  rocks_job_log log{options};
  job_log_calls calls{log};
  REQUIRE(calls.load());
  w.env.full = true;
  CHECK(!calls.write({texts_of({numbered_job(1), 0}, 100)}));
  CHECK(!log.counters().accepts_writes);
  w.env.full = false;
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (!log.counters().accepts_writes && std::chrono::steady_clock::now() < end)
    (void)calls.read({}); // waits for a thread of the log
  CHECK(log.counters().accepts_writes);
}

TEST_CASE("a log that finds the disk full at its start has nothing, and has everything when there is room") {
  job_log_world w;
  fill(w, 10);
  auto options = w.options();
  options.env = &w.env;
  w.env.full = true;
  rocks_job_log log{options};
  job_log_calls calls{log};
  CHECK(calls.load().error().code == errc::storage_full);
  CHECK(calls.read({{numbered_job(1), 0}}).error().code == errc::storage_failed);
  CHECK(!log.counters().accepts_writes);
  w.env.full = false;
  const auto loaded = calls.load();
  REQUIRE(loaded);
  CHECK(loaded->segments.size() == 10);
  CHECK(!loaded->was_damaged);
  CHECK(calls.write({texts_of({numbered_job(1), 10}, 100)}));
}

TEST_CASE("a disk with less room than others need takes no texts, but results and removals") {
  job_log_world w;
  fill(w, 2);
  auto options = w.options();
  options.free_bytes_min = UINT64_MAX;
  rocks_job_log log{options};
  job_log_calls calls{log};
  REQUIRE(calls.load()->segments.size() == 2);
  const auto refused = calls.write({texts_of({numbered_job(2), 0}, 100)});
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::storage_full);
  CHECK(!log.counters().accepts_writes);
  CHECK(calls.write({results_of({numbered_job(1), 0}, 384)}));
  job_log_batch removal;
  removal.headers = {numbered_header(1)};
  removal.removed = {numbered_job(1)};
  CHECK(calls.write(removal));
}

TEST_CASE("a newer format is refused with a message, left alone, and no other error hides it") {
  job_log_world w;
  fill(w, 3);
  REQUIRE(write_format(w.options().path, 7));
  {
    rocks_job_log log{w.options()};
    job_log_calls calls{log};
    for (const auto& why : {calls.load().error(), calls.write({texts_of({numbered_job(1), 0}, 10)}).error()}) {
      CHECK(why.code == errc::state_damaged);
      CHECK(why.message.find("format 7") != std::string::npos);
      CHECK(why.message.find("format 1") != std::string::npos);
    }
    CHECK(!log.counters().accepts_writes);
    CHECK(w.reported("newer"));
  }
  CHECK(!fs::exists(w.options().path.string() + ".damaged"));
  REQUIRE(write_format(w.options().path, job_log_format)); // the newer release, so to say
  rocks_job_log log{w.options()};
  CHECK(job_log_calls{log}.load()->segments.size() == 3);
}

TEST_CASE("a database without a format is older than the first release: refused, left alone") {
  job_log_world w;
  fill(w, 3);
  fs::remove(w.options().path / "FORMAT");
  rocks_job_log log{w.options()};
  const auto loaded = job_log_calls{log}.load();
  REQUIRE(!loaded);
  CHECK(loaded.error().message.find("format 0") != std::string::npos);
  CHECK(!fs::exists(w.options().path.string() + ".damaged"));
  CHECK(fs::exists(w.options().path / "db" / "CURRENT"));
}
