#include "tests/cluster/cluster_fixture.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>

using namespace weft::test;
using namespace std::chrono_literals;
namespace pb = weft::v1;
using clock_type = std::chrono::steady_clock;

namespace {

bool remembers(const cluster_node& node, const cluster_node& other) {
  std::ifstream in{std::filesystem::path{node.data_dir()} / "known-peers"};
  const std::string content{std::istreambuf_iterator<char>{in}, {}};
  return content.find(other.peer_address()) != std::string::npos;
}

auto since(clock_type::time_point began) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_type::now() - began);
}

constexpr const char* alone_line = "alone: none of the seeds let this node join";

/// Waits until the process has said so, before "ready" or after it.
bool says(weftd_process& process, const std::string& text) {
  weftd_process* one[] = {&process};
  const auto end = clock_type::now() + 60s;
  while (process.errors().find(text) == std::string::npos && clock_type::now() < end)
    weftd_process::hear(one, 20ms);
  return process.errors().find(text) != std::string::npos;
}

} // namespace

TEST_CASE("three nodes join through one seed and tell who they are") {
  cluster_fixture nodes;
  const auto seen = nodes[2].members();
  REQUIRE(seen.size() == 3);
  for (size_t i = 0; i < nodes.size(); ++i) {
    const auto& node = nodes[i];
    CAPTURE(node.name());
    const auto& entry = seen.at(node.name());
    CHECK(entry.endpoint() == node.client_address());
    CHECK(entry.peer_endpoint() == node.peer_address());
    CHECK(entry.zone() == "zone-" + node.name());
    CHECK(entry.weight() == 100);
    CHECK(entry.epoch() > 1'700'000'000); // seconds since 1970, at least
    CHECK(entry.id().size() == 16);
  }
  CHECK(nodes[0].metric("weft_members{state=\"serving\"}") == 3);
}

TEST_CASE("a node killed with -9 is known to be dead by all within seconds, and comes back with a higher epoch") {
  cluster_fixture nodes;
  auto& killed = nodes[2];
  const auto before = nodes[0].members()["n3"];
  const auto began = clock_type::now();
  killed.process().send_signal(SIGKILL);
  REQUIRE(nodes.others_see(killed, pb::NODE_STATE_DEAD));
  const auto took = since(began);
  std::cout << "kill -9 of n3: known by all after " << took.count() << " ms\n";
  CHECK(took < 6s);
  killed.process().wait_exit();
  killed.start();
  REQUIRE(nodes.whole());
  for (size_t i = 0; i < nodes.size(); ++i) {
    const auto seen = nodes[i].members()["n3"];
    CHECK(seen.epoch() > before.epoch());
    CHECK(seen.id() == before.id());
  }
}

TEST_CASE("a drained node leaves, ends with exit code 0, and is never called dead") {
  cluster_fixture nodes;
  auto& drained = nodes[1];
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 30s);
  pb::DrainNodeResponse answer;
  REQUIRE(drained.stub().DrainNode(&context, {}, &answer).ok());
  CHECK(answer.name() == "n2");
  CHECK(drained.process().wait_exit() == 0);
  CHECK(nodes.others_see(drained, pb::NODE_STATE_LEFT));
  drained.start();
  CHECK(nodes.whole());
  CHECK(nodes.deaths_told() == 0);
}

TEST_CASE("a node of another cluster is refused, says so, and serves alone") {
  cluster_fixture nodes{1};
  const temporary_directory folder;
  weftd_process stranger{{.arguments = on_free_ports(folder, {"--set", "cluster.id=other", "--set",
                                                              "cluster.seeds=" + nodes[0].peer_address()})}};
  const auto line = stranger.wait_for_line("join refused");
  CHECK(line["verdict"] == "OTHER_CLUSTER");
  CHECK(line["reason"].get<std::string>().find("test") != std::string::npos);
  CHECK(line["peer"] == nodes[0].peer_address());
  CHECK(nodes[0].members().size() == 1);
  const auto refused = nodes[0].process().wait_for_line("refused a node that wants to join");
  CHECK(refused["verdict"] == "OTHER_CLUSTER");
  CHECK(says(stranger, alone_line));
  CHECK(nodes[0].metric("weft_cluster_alone") == 0); // it has no seed, and is meant to be the first
}

TEST_CASE("a node whose seed is not there yet says that it is alone, and no longer when the seed has come") {
  cluster_node seed{{.name = "n1"}};
  seed.start();
  cluster_node other{{.name = "n2", .seeds = {seed.peer_address()}}};
  seed.end(SIGKILL);
  other.start();
  CHECK(says(other.process(), alone_line));
  CHECK(other.metric("weft_cluster_alone") == 1);
  seed.start();
  other.process().wait_for_line("no longer alone");
  CHECK(other.metric("weft_cluster_alone") == 0);
}

TEST_CASE("a copy of a data folder is refused with both addresses, and the node that it was copied from serves on") {
  cluster_fixture nodes{2};
  const temporary_directory folder;
  const auto copied = folder.path() / "copied";
  std::filesystem::create_directory(copied);
  std::filesystem::copy_file(std::filesystem::path{nodes[1].data_dir()} / "node-id", copied / "node-id");
  cluster_node copy{
      {.name = "copy", .seeds = {nodes[0].peer_address(), nodes[1].peer_address()}, .data_dir = copied.string()}};
  copy.start();
  const auto line = copy.process().wait_for_line("join refused");
  CHECK(line["verdict"] == "IDENTITY_TAKEN");
  const auto reason = line["reason"].get<std::string>();
  CHECK(reason.find(nodes[1].peer_address()) != std::string::npos);
  CHECK(reason.find("data folder of its own") != std::string::npos);
  CHECK(says(copy.process(), alone_line));
  CHECK(nodes[0].sees("n2") == pb::NODE_STATE_SERVING);
  CHECK(nodes[0].members().size() == 2);
  CHECK(nodes[1].members().size() == 2);
  CHECK(nodes[1].embed(texts({"still here"})).first.ok());
  CHECK(nodes.deaths_told() == 0);
}

TEST_CASE("a cluster of which every node was stopped forms again, though the seed is gone") {
  cluster_fixture nodes;
  // Nodes remember peers for their next start; that one of them did is seen in its data folder.
  REQUIRE(nodes.comes_true([&] { return remembers(nodes[1], nodes[2]) || remembers(nodes[2], nodes[1]); }));
  for (size_t i = 0; i < nodes.size(); ++i)
    nodes[i].end(SIGKILL);
  nodes[1].start();
  nodes[2].start();
  CHECK(nodes.comes_true([&] { return nodes[1].sees("n3") == pb::NODE_STATE_SERVING; }));
  CHECK(nodes.comes_true([&] { return nodes[2].sees("n2") == pb::NODE_STATE_SERVING; }));
}
