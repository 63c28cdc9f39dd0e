#include "runtime/storage/job_backup.hpp"
#include "runtime/storage/rocks_job_log.hpp"
#include "tests/runtime/storage/job_log_calls.hpp"
#include "tests/runtime/storage/job_log_world.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace weft;
using namespace weft::test;

namespace {

namespace fs = std::filesystem;

/// A node's job log that is open, with a folder for its backups.
struct backed_up_world : job_log_world {
  fs::path backups = folder.path() / "backups";
  std::unique_ptr<rocks_job_log> log = std::make_unique<rocks_job_log>(options());
  uint32_t segments = 0;

  backed_up_world() { REQUIRE(job_log_calls{*log}.load()); }
  void add(uint32_t count) {
    job_log_batch batch;
    batch.headers = {numbered_header(1)};
    for (uint32_t i = 0; i < count; ++i)
      batch.segments.push_back(texts_of({numbered_job(1), segments++}, 2'000));
    REQUIRE(job_log_calls{*log}.write(batch));
  }
  result<backup_info> back_up(uint32_t keep = 0, const std::string& node = "n1") {
    return job_log_calls::wait<result<backup_info>>([&](auto done) {
      log->back_up({backups, node, keep}, std::move(done));
    });
  }
  uint64_t bytes_of_backups() const {
    uint64_t bytes = 0;
    for (const auto& file : fs::recursive_directory_iterator(backups))
      bytes += file.is_regular_file() ? file.file_size() : 0;
    return bytes;
  }
  /// What a node finds that starts with this data directory.
  job_log_contents restored(const fs::path& data_dir) {
    auto o = options();
    o.path = job_log_path(data_dir);
    rocks_job_log there{o};
    job_log_calls calls{there};
    auto loaded = calls.load();
    REQUIRE(loaded);
    for (const auto& meta : loaded->segments)
      CHECK(calls.body(meta.id) == *texts_of(meta.id, 2'000).body);
    return *std::move(loaded);
  }
};

void damage(const fs::path& file) {
  std::fstream bytes{file, std::ios::in | std::ios::out | std::ios::binary};
  bytes.seekp(static_cast<std::streamoff>(fs::file_size(file) / 2));
  bytes << "damage";
}

/// The largest file under a folder.
fs::path largest(const fs::path& folder) {
  fs::path out;
  for (const auto& file : fs::recursive_directory_iterator(folder))
    if (file.is_regular_file() && (out.empty() || file.file_size() > fs::file_size(out)))
      out = file.path();
  return out;
}

} // namespace

TEST_CASE("a backup has what the log had when it was made, and a node starts from it") {
  backed_up_world w;
  w.add(100);
  const auto first = w.back_up();
  REQUIRE(first);
  CHECK(first->id == 1);
  CHECK(first->node == "n1");
  CHECK(first->format == 1);
  CHECK(first->bytes > 200'000);
  w.add(50);
  REQUIRE(w.back_up());
  w.add(10); // after the last
  const auto listed = list_backups(w.backups);
  REQUIRE(listed);
  REQUIRE(listed->size() == 2);
  CHECK((*listed)[0].id == 1);
  CHECK((*listed)[1].id == 2);
  CHECK((*listed)[1].created.time_since_epoch().count() > 0);
  CHECK(verify_backup(w.backups, std::nullopt)->id == 2);
  CHECK(verify_backup(w.backups, 1)->id == 1);

  const auto node = w.folder.path() / "node";
  CHECK(restore_backup(w.backups, std::nullopt, node)->id == 2);
  CHECK(!fs::exists(node / "jobs.restoring"));
  const auto contents = w.restored(node);
  CHECK(contents.segments.size() == 150);
  CHECK(contents.headers.size() == 1);
  CHECK(!contents.was_damaged);
  const auto older = w.folder.path() / "older";
  CHECK(restore_backup(w.backups, 1, older)->id == 1);
  CHECK(w.restored(older).segments.size() == 100);
}

TEST_CASE("another backup costs what is new, and old ones go when only some are to be kept") {
  backed_up_world w;
  w.add(1'000);
  REQUIRE(w.back_up());
  const auto bytes = w.bytes_of_backups();
  w.add(10);
  REQUIRE(w.back_up());
  CHECK(w.bytes_of_backups() < bytes + bytes / 4);
  w.add(10);
  REQUIRE(w.back_up(2));
  const auto listed = list_backups(w.backups);
  REQUIRE(listed->size() == 2);
  CHECK(listed->front().id == 2);
  CHECK(restore_backup(w.backups, 2, w.folder.path() / "node"));
  CHECK(w.restored(w.folder.path() / "node").segments.size() == 1'010);
}

TEST_CASE("a folder belongs to one node: another one's backup is refused, and removes nothing") {
  backed_up_world w;
  const std::string name(80, 'n'); // longer than what is noted
  w.add(10);
  REQUIRE(w.back_up(0, name));
  const auto refused = w.back_up(1, "n2");
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::no_backup_folder);
  CHECK(refused.error().message.find("has backups of node nnn") != std::string::npos);
  CHECK(refused.error().message.find("not of n2") != std::string::npos);
  CHECK(list_backups(w.backups)->size() == 1);
  CHECK(w.back_up(0, name)->id == 2);
}

TEST_CASE("the log goes on while a backup is made, and a second one waits for nobody") {
  backed_up_world w;
  w.add(500);
  std::promise<result<backup_info>> made;
  w.log->back_up({w.backups, "n1", 0}, [&](auto answer) { made.set_value(std::move(answer)); });
  const auto second = w.back_up();
  if (!second)
    CHECK(second.error().code == errc::overloaded);
  w.add(10);
  CHECK(made.get_future().get());
  CHECK(w.back_up());
}

TEST_CASE("a log that is closed gives its backup up or ends it; both leave the folder usable") {
  backed_up_world w;
  w.add(3'000);
  std::promise<result<backup_info>> made;
  w.log->back_up({w.backups, "n1", 0}, [&](auto answer) { made.set_value(std::move(answer)); });
  w.log.reset();
  const auto outcome = made.get_future().get();
  if (!outcome)
    CHECK(outcome.error().code == errc::unavailable);
  w.log = std::make_unique<rocks_job_log>(w.options());
  CHECK(w.back_up());
  CHECK(verify_backup(w.backups, std::nullopt));
}

TEST_CASE("a damaged backup is not restored, and the others are") {
  for (const bool gone : {false, true}) {
    CAPTURE(gone);
    backed_up_world w;
    w.add(200);
    REQUIRE(w.back_up());
    const auto shared = largest(w.backups);
    w.add(400);
    REQUIRE(w.back_up());
    const auto newest = largest(w.backups);
    REQUIRE(newest != shared);
    if (gone)
      fs::remove(newest);
    else
      damage(newest);
    const auto checked = verify_backup(w.backups, std::nullopt);
    REQUIRE(!checked);
    CHECK(checked.error().code == errc::state_damaged);
    CHECK(checked.error().message.find("backup 2") != std::string::npos);
    const auto node = w.folder.path() / "node";
    CHECK(restore_backup(w.backups, std::nullopt, node).error().code == errc::state_damaged);
    CHECK(!fs::exists(node / "jobs"));
    CHECK(!fs::exists(node / "jobs.restoring"));
    const auto listed = list_backups(w.backups);
    REQUIRE(listed->size() == 2);
    CHECK(listed->back().damaged == gone); // of a flipped byte only verifying knows
    CHECK(restore_backup(w.backups, 1, node));
    CHECK(w.restored(node).segments.size() == 200);
  }
}

TEST_CASE("restoring overwrites nothing: a place that is taken is refused with a message") {
  backed_up_world w;
  w.add(10);
  REQUIRE(w.back_up());
  const auto node = w.folder.path() / "node";
  fs::create_directories(node / "jobs");
  std::ofstream{node / "jobs" / "anything"} << "precious";
  const auto refused = restore_backup(w.backups, std::nullopt, node);
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::invalid_argument);
  CHECK(refused.error().message.find("not empty") != std::string::npos);
  CHECK(fs::exists(node / "jobs" / "anything"));
  // The log of the node itself, too.
  CHECK(restore_backup(w.backups, std::nullopt, w.folder.path()).error().code == errc::invalid_argument);

  fs::remove(node / "jobs" / "anything"); // an empty folder is as good as none
  CHECK(restore_backup(w.backups, std::nullopt, node));
  CHECK(w.restored(node).segments.size() == 10);

  const auto file = w.folder.path() / "file";
  fs::create_directories(file);
  std::ofstream{file / "jobs"} << "a file";
  CHECK(restore_backup(w.backups, std::nullopt, file).error().code == errc::invalid_argument);
  const auto cut = w.folder.path() / "cut";
  fs::create_directories(cut / "jobs.restoring" / "db");
  std::ofstream{cut / "jobs.restoring" / "db" / "left"} << "of a restoring that was cut off";
  CHECK(restore_backup(w.backups, std::nullopt, cut));
  CHECK(!fs::exists(cut / "jobs" / "db" / "left"));
}

TEST_CASE("what is no folder of backups is named as what it is") {
  temporary_directory folder;
  const auto missing = folder.path() / "missing", file = folder.write("file", "no folder");
  for (const auto& path : {missing, file, file / "below"}) {
    CAPTURE(path.string());
    CHECK(list_backups(path).error().code == errc::invalid_argument);
    CHECK(verify_backup(path, std::nullopt).error().code == errc::invalid_argument);
    const auto restored = restore_backup(path, std::nullopt, folder.path() / "node");
    CHECK(restored.error().code == errc::invalid_argument);
    CHECK(restored.error().message.find(path.string()) != std::string::npos);
  }
  CHECK(!fs::exists(missing)); // looking makes nothing
  CHECK(list_backups(folder.path())->empty());
  CHECK(verify_backup(folder.path(), std::nullopt).error().code == errc::invalid_argument);

  backed_up_world w;
  w.add(1);
  REQUIRE(w.back_up());
  CHECK(verify_backup(w.backups, 9).error().message.find("no backup 9") != std::string::npos);
  w.backups = file / "below";
  const auto refused = w.back_up();
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::storage_failed);
  w.backups = "/proc/weft"; // where nobody may write
  CHECK(w.back_up().error().code == errc::storage_failed);
  CHECK(job_log_calls{*w.log}.load()); // and the log is as it was
  CHECK(w.log->counters().accepts_writes);
}
