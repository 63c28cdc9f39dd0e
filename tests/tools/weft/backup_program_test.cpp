#include "runtime/storage/rocks_job_log.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/tools/weft/fake_admin.hpp"
#include "tests/tools/weft/run_weft.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <future>

using namespace weft;
using namespace weft::test;
using nlohmann::json;

namespace {

namespace fs = std::filesystem;

/// A folder with two backups of one job.
struct backup_world {
  temporary_directory folder;
  std::string backups = (folder.path() / "backups").string();
  std::string node = (folder.path() / "node").string();

  backup_world() {
    rocks_job_log log{{.path = folder.path() / "log"}};
    for (int i = 0; i < 2; ++i) {
      std::promise<result<backup_info>> made;
      log.back_up({backups, "n1", 0}, [&](auto outcome) { made.set_value(std::move(outcome)); });
      REQUIRE(made.get_future().get());
    }
  }
};

ended weft_backup(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "backup");
  return run_weft({.arguments = std::move(arguments)});
}

} // namespace

TEST_CASE("backup create tells which backup was made and where, in every output") {
  const fake_admin node;
  const auto made = weft_backup({"create", "--endpoint", node.endpoint(), "--keep", "6"});
  CHECK(made.exit == 0);
  CHECK(made.out == "backup 7 of node n1: 12.3 MB in /mnt/backups/n1\n");
  const auto object = json::parse(weft_backup({"create", "--endpoint", node.endpoint(), "-o", "json"}).out);
  CHECK(object["id"] == 1);
  CHECK(object["folder"] == "/mnt/backups/n1");
  CHECK(object["created_unix_ms"] == 1'800'000'000'000);
  CHECK(weft_backup({"create", "--endpoint", node.endpoint(), "-o", "name"}).out == "1\n");
  CHECK(weft_backup({"create", "--endpoint", node.endpoint(), "--keep", "99"}).exit == 7);
  CHECK(weft_backup({"create", "--endpoint", closed_endpoint()}).exit == 3);
  CHECK(weft_backup({"create", "--keep", "0"}).exit == 2);
}

TEST_CASE("backup create asks the first endpoint, once: another node's jobs would be no backup of this one's") {
  const fake_admin node;
  const fake_admin other;
  const auto at = [&](const std::string& first, const char* keep) {
    return weft_backup({"create", "--endpoint", first, "--endpoint", other.endpoint(), "--keep", keep});
  };
  const auto stopping = at(node.endpoint(), "98");
  CHECK(stopping.exit == 3);
  CHECK(has(stopping.err, node.endpoint()));
  CHECK(node.backups_asked() == 1);
  CHECK(at(closed_endpoint(), "1").exit == 3);
  CHECK(at(node.endpoint(), "1").exit == 0);
  CHECK(node.backups_asked() == 2);
  CHECK(other.backups_asked() == 0);
}

TEST_CASE("backup list, verify and restore work on a folder, without a node") {
  const backup_world w;
  const auto listed = weft_backup({"list", w.backups});
  CHECK(listed.exit == 0);
  CHECK(has(listed.out, "CREATED (UTC)"));
  CHECK(has(listed.out, "complete"));
  CHECK(weft_backup({"list", w.backups, "-o", "name"}).out == "1\n2\n");
  const auto lines = weft_backup({"list", w.backups, "-o", "json"}).out;
  const auto first = json::parse(lines.substr(0, lines.find('\n')));
  CHECK(first["id"] == 1);
  CHECK(first["node"] == "n1");
  CHECK(first["damaged"] == false);

  const auto checked = weft_backup({"verify", w.backups});
  CHECK(checked.exit == 0);
  CHECK(has(checked.out, "backup 2 is complete"));
  const auto restored = weft_backup({"restore", w.backups, "--id", "1", "--into", w.node});
  CHECK(restored.exit == 0);
  CHECK(has(restored.out, "backup 1 of node n1 is in " + w.node + "/jobs"));
  CHECK(fs::exists(fs::path{w.node} / "jobs" / "FORMAT"));
  const auto again = weft_backup({"restore", w.backups, "--into", w.node});
  CHECK(again.exit == 1);
  CHECK(again.out.empty());
  CHECK(has(again.err, "is not empty: nothing was restored"));
}

TEST_CASE("backup verbs say what is wrong with a folder, a number or the command line") {
  const backup_world w;
  const auto missing = weft_backup({"list", w.backups + "x"});
  CHECK(missing.exit == 1);
  CHECK(has(missing.err, "there is no such folder"));
  CHECK(has(weft_backup({"verify", w.folder.path().string()}).err, "holds no backups"));
  CHECK(has(weft_backup({"verify", w.backups, "--id", "8"}).err, "there is no backup 8"));
  CHECK(weft_backup({"restore", w.backups}).exit == 2);
  CHECK(weft_backup({"list"}).exit == 2);
  CHECK(weft_backup({"verify", w.backups, "--id", "0"}).exit == 2);
  for (const auto& file : fs::recursive_directory_iterator(w.backups))
    if (file.is_regular_file() && file.path().filename().string().starts_with("MANIFEST"))
      std::ofstream{file.path(), std::ios::in | std::ios::out | std::ios::binary} << "damage";
  const auto damaged = weft_backup({"verify", w.backups});
  CHECK(damaged.exit == 1);
  CHECK(has(damaged.err, "damaged"));
  CHECK(has(damaged.err, "--id"));
}
