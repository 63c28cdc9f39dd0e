#include "tests/support/temporary_directory.hpp"
#include "tests/tools/weft/run_weft.hpp"
#include "tests/tools/weft/running_weftd.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

using namespace weft::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// A node of which only data folder and backups outlive it.
struct backed_up_node {
  temporary_directory folder;
  std::string backups = (folder.path() / "backups").string();
  std::unique_ptr<running_weftd> node;

  void start(const std::string& data) {
    node = std::make_unique<running_weftd>(std::vector<std::string>{"--data-dir=" + (folder.path() / data).string(),
                                                                    "--set", "jobs.backup_dir=" + backups});
    REQUIRE(weft_at({"health", "--wait", "--timeout", "60s"}).exit == 0);
  }
  ended weft_at(std::vector<std::string> arguments, const std::string& input = {}) const {
    arguments.insert(arguments.end(), {"--endpoint", node->endpoint()});
    return run_weft({.arguments = std::move(arguments), .input = input});
  }
  ended backup(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "backup");
    return run_weft({.arguments = std::move(arguments)});
  }
  /// Hands a job in and waits for its end; its id.
  std::string submit(int first, int count) const {
    std::string input;
    for (int i = first; i < first + count; ++i)
      input += "sentence number " + std::to_string(i) + '\n';
    const auto r = weft_at({"job", "submit", "embed", "-", "--wait", "-o", "json"}, input);
    REQUIRE_MESSAGE(r.exit == 0, r.err);
    return json::parse(r.out.substr(0, r.out.find('\n')))["id"];
  }
  std::string results(const std::string& job) const {
    const auto r = weft_at({"job", "results", job, "-o", "json"});
    CHECK_MESSAGE(r.exit == 0, r.err);
    return r.out;
  }
};

uint64_t bytes_of(const fs::path& folder) {
  uint64_t out = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      out += entry.file_size();
  return out;
}

} // namespace

TEST_CASE("a node that starts from a backup has the jobs and results that the backup had, and nothing newer") {
  backed_up_node it;
  it.start("data");
  const auto first = it.submit(0, 600);
  const auto results = it.results(first);
  REQUIRE(std::ranges::count(results, '\n') == 600);
  REQUIRE(it.weft_at({"backup", "create"}).exit == 0);
  const auto all = bytes_of(it.backups);
  const auto second = it.submit(600, 30);
  // RocksDB packs a table once more; after that, another backup costs next to nothing.
  uint64_t added = all;
  json made;
  for (int id = 2; id < 8 && added > all / 10; ++id) {
    const auto before = bytes_of(it.backups);
    made = json::parse(it.weft_at({"backup", "create", "-o", "json"}).out);
    CHECK(made["id"] == id);
    added = bytes_of(it.backups) - before;
  }
  CHECK(added <= all / 10);
  CHECK(made["folder"] == it.backups);
  const auto third = it.submit(1'000, 30);

  const auto over_it = it.backup({"restore", it.backups, "--into", (it.folder.path() / "data").string()});
  CHECK(over_it.exit == 1);
  CHECK(has(over_it.err, "is not empty: nothing was restored"));
  CHECK(it.results(third) != "");
  REQUIRE(it.node->stop() == 0);
  CHECK(it.backup({"restore", it.backups, "--into", (it.folder.path() / "data").string()}).exit == 1);

  const auto restored = (it.folder.path() / "restored").string();
  CHECK(it.backup({"verify", it.backups}).exit == 0);
  REQUIRE(it.backup({"restore", it.backups, "--into", restored}).exit == 0);
  it.start("restored");
  CHECK(it.results(first) == results);
  CHECK(std::ranges::count(it.results(second), '\n') == 30);
  CHECK(it.weft_at({"job", "get", third}).exit == 1);
  CHECK(it.submit(2'000, 10) != "");
  const auto next = it.weft_at({"backup", "create", "--keep", "1"}); // the numbers go on
  CHECK(next.exit == 0);
  CHECK(it.backup({"list", it.backups, "-o", "name"}).out == std::to_string(made["id"].get<int>() + 1) + "\n");
}

TEST_CASE("a node without a folder for backups says which key names it") {
  running_weftd node;
  REQUIRE(run_weft({.arguments = {"health", "--wait", "--timeout", "60s", "--endpoint", node.endpoint()}}).exit == 0);
  const auto r = run_weft({.arguments = {"backup", "create", "--timeout", "5s", "--endpoint", node.endpoint()}});
  CHECK(r.exit == 1);
  CHECK(has(r.err, "jobs.backup_dir of this node's configuration names no folder [NO_BACKUP_FOLDER]"));
  CHECK(has(r.err, "Set jobs.backup_dir in the node's configuration"));
}
