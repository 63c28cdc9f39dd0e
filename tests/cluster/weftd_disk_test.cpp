#include "tests/cluster/cluster_fixture.hpp"
#include "tests/cluster/lone_answers.hpp"
#include "tests/cluster/small_disk.hpp"
#include "tests/cluster/steady_load.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>

using namespace weft::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr size_t texts = 200;

/// Has the node answer them all, in a few calls, and looks at every vector.
void serves_all(const cluster_node& node) {
  for (size_t at = 0; at < texts; at += 50) {
    std::vector<size_t> indices(50);
    std::iota(indices.begin(), indices.end(), at);
    const auto [status, reply] = node.embed(known_answers().request(indices));
    REQUIRE_MESSAGE(status.ok(), status.error_message());
    CHECK(known_answers().differs(indices, reply) == "");
  }
}

/// Overwrites the middle half of every file of the stored cache whose name begins or ends so.
int damage(const fs::path& store, const std::string& name) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(store)) {
    const auto file = entry.path().filename().string();
    if (!file.starts_with(name) && !file.ends_with(name))
      continue;
    const auto size = entry.file_size();
    std::fstream out{entry.path(), std::ios::in | std::ios::out | std::ios::binary};
    out.seekp(static_cast<std::streamoff>(size / 4));
    out << std::string(size / 2, '#');
    ++count;
  }
  return count;
}

bool said(const cluster_node& node, const std::string& what) {
  return node.process().errors().find(what) != std::string::npos;
}

auto since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
}

} // namespace

TEST_CASE("a node whose stored cache is damaged says so, sets it aside and serves") {
  for (const auto* file : {"MANIFEST", ".sst"}) {
    CAPTURE(file);
    cluster_fixture nodes{2};
    auto& node = nodes[1];
    const fs::path store = fs::path{node.data_dir()} / "cache" / "0";
    serves_all(node);
    // About half of the texts are this node's: the other one keeps their second copies.
    CHECK(nodes.comes_true([&] { return nodes[0].metric("weft_cache_replicas_total{end=\"kept\"}") >= 50; }));
    node.end(SIGKILL);
    node.start(); // what was RocksDB's log becomes a table
    REQUIRE(nodes.whole());
    node.end(SIGKILL);
    REQUIRE(damage(store, file) > 0);

    node.start();
    REQUIRE(nodes.whole());
    serves_all(node);
    CHECK(nodes.comes_true([&] { return said(node, "the stored cache is damaged"); }));
    CHECK(said(node, "moved to " + store.string() + ".damaged, starting with an empty one"));
    CHECK(fs::exists(store.string() + ".damaged"));
    CHECK(nodes.comes_true([&] { return node.metric("weft_cache_store_accepts_writes") == 1; }));
    // The store is empty, or was: what it had comes back from the other owner.
    CHECK(nodes.comes_true([&] { return node.metric("weft_cache_repairs_total{result=\"hit\"}") > 0; }));
    serves_all(node);
  }
}

TEST_CASE("a node whose disk is full serves on, says so, and writes again when there is room") {
  small_disk disk{"512m"}; // the store keeps off the last 256 MB, and wants 128 more to begin again
  if (!disk.problem().empty()) {
    MESSAGE("skipped: a small disk cannot be mounted here: " << disk.problem());
    return;
  }
  cluster_fixture nodes{{{.name = "n1"}, {.name = "n2", .data_dir = (disk.path() / "n2").string()}, {.name = "n3"}}};
  auto& node = nodes[1];
  CHECK(node.metric("weft_cache_store_accepts_writes") == 1);
  disk.fill();
  // Few calls, so that there still are new texts to write when there is room again.
  steady_load load{{.endpoints = nodes.endpoints(), .answers = &known_answers(), .pace = 80ms}};
  REQUIRE(nodes.comes_true([&] { return said(node, "the stored cache is not written"); }));
  CHECK(nodes.comes_true([&] { return node.metric("weft_cache_store_accepts_writes") == 0; }));
  REQUIRE(load.goes_on());

  if (long_tests()) {
    // With a little room it would be full again as soon as the database is open.
    const auto quiet_since = std::chrono::steady_clock::now();
    disk.make_room(300 << 20);
    CHECK(nodes.comes_true([&] { return since(quiet_since) > 20s; }));
    CHECK_FALSE(said(node, "the stored cache is written again"));
  }
  disk.make_room(512 << 20);
  const auto began = std::chrono::steady_clock::now();
  CHECK(nodes.comes_true([&] { return said(node, "the stored cache is written again"); }));
  std::cout << "written again " << since(began).count() << " ms after there was room\n";
  CHECK(nodes.comes_true([&] { return node.metric("weft_cache_store_accepts_writes") == 1; }));
  const auto seen = load.stop();
  CHECK(seen.calls > 0);
  CHECK_MESSAGE(seen.failed == 0, seen.first_problem);
  CHECK_MESSAGE(seen.wrong == 0, seen.first_problem);
  CHECK(node.end(SIGTERM) == 0);
}
