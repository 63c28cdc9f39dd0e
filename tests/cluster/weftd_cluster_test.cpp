#include "tests/cluster/weftd_fixture.hpp"
#include "tests/support/tcp_client.hpp"
#include "weft/v1/node.grpc.pb.h"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>

using namespace weft::test;
using namespace std::chrono_literals;
namespace pb = weft::v1;
using clock_type = std::chrono::steady_clock;

namespace {

// No healthy machine needs as long; a test that would wait for ever fails instead.
constexpr auto patience = 60s;

/// One of the nodes, which can be started again with the same data.
struct cluster_node {
  cluster_node(std::string node_name, std::string seed) : name(std::move(node_name)), join(std::move(seed)) { start(); }

  void start() {
    const auto peer = peer_address.empty() ? "127.0.0.1:0" : peer_address;
    std::vector<std::string> more{"--name", name, "--peer", peer};
    std::vector<std::string> settings{"cluster.id=test", "cluster.zone=zone-" + name, "pool.workers_max=1"};
    if (!join.empty())
      settings.push_back("cluster.seeds=" + join);
    for (const auto& setting : settings)
      more.insert(more.end(), {"--set", setting});
    process = std::make_unique<weftd_process>(weftd_process::options{.arguments = on_free_ports(folder, more)});
    peer_address = process->wait_ready()["peer"];
    stub = pb::NodeService::NewStub(grpc::CreateChannel(process->client_address(), grpc::InsecureChannelCredentials()));
  }

  /// What it says of all members, by name. Empty when it does not answer.
  std::map<std::string, pb::Node> members() const {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 5s);
    pb::ListNodesResponse answer;
    std::map<std::string, pb::Node> out;
    if (stub->ListNodes(&context, {}, &answer).ok())
      for (const auto& node : answer.nodes())
        out[node.name()] = node;
    return out;
  }

  pb::NodeState sees(const std::string& other) const { return members()[other].state(); }

  std::string name;
  std::string join;
  std::string peer_address;
  temporary_directory folder;
  std::unique_ptr<weftd_process> process;
  std::unique_ptr<pb::NodeService::Stub> stub;
};

/// Asks again and again; the questions take the time, nothing sleeps.
template <class Condition> bool comes_true(Condition condition) {
  const auto end = clock_type::now() + patience;
  while (!condition())
    if (clock_type::now() > end)
      return false;
  return true;
}

/// Three nodes that know each other; the second and third joined through the first.
struct three_nodes {
  cluster_node n1{"n1", ""};
  cluster_node n2{"n2", n1.peer_address};
  cluster_node n3{"n3", n1.peer_address};

  three_nodes() {
    for (const auto* node : all())
      for (const auto* other : all())
        REQUIRE(comes_true([&] { return node->sees(other->name) == pb::NODE_STATE_SERVING; }));
  }
  std::vector<const cluster_node*> all() const { return {&n1, &n2, &n3}; }
};

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

auto since(clock_type::time_point began) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_type::now() - began);
}

} // namespace

TEST_CASE("three nodes join through one seed and tell who they are") {
  const three_nodes nodes;
  const auto seen = nodes.n3.members();
  REQUIRE(seen.size() == 3);
  for (const auto* node : nodes.all()) {
    CAPTURE(node->name);
    const auto& entry = seen.at(node->name);
    CHECK(entry.endpoint() == node->process->client_address());
    CHECK(entry.peer_endpoint() == node->peer_address);
    CHECK(entry.zone() == "zone-" + node->name);
    CHECK(entry.weight() == 100);
    CHECK(entry.epoch() == 1);
    CHECK(entry.id().size() == 16);
  }
  CHECK(http_get(nodes.n1.process->http_port(), "/metrics").find("weft_members{state=\"serving\"} 3") !=
        std::string::npos);
}

TEST_CASE("a node killed with -9 is known to be dead by all within seconds, and comes back with a higher epoch") {
  three_nodes nodes;
  const auto id = nodes.n1.members()["n3"].id();
  const auto began = clock_type::now();
  nodes.n3.process->send_signal(SIGKILL);
  for (const auto* node : {&nodes.n1, &nodes.n2}) {
    REQUIRE(comes_true([&] { return node->sees("n3") == pb::NODE_STATE_DEAD; }));
    const auto took = since(began);
    std::cout << "kill -9 of n3: known by " << node->name << " after " << took.count() << " ms\n";
    CHECK(took < 6s);
  }
  nodes.n3.process->wait_exit();
  nodes.n3.start();
  for (const auto* node : nodes.all()) {
    REQUIRE(comes_true([&] { return node->sees("n3") == pb::NODE_STATE_SERVING; }));
    CHECK(node->members()["n3"].epoch() == 2);
    CHECK(node->members()["n3"].id() == id);
  }
}

TEST_CASE("a node that stands still for 3 s is not called dead, and serves on") {
  three_nodes nodes;
  nodes.n2.process->send_signal(SIGSTOP);
  const auto began = clock_type::now();
  while (clock_type::now() - began < 3s)
    for (const auto* node : {&nodes.n1, &nodes.n3})
      CHECK(node->sees("n2") != pb::NODE_STATE_DEAD);
  nodes.n2.process->send_signal(SIGCONT);
  for (const auto* node : nodes.all())
    for (const auto* other : nodes.all())
      CHECK(comes_true([&] { return node->sees(other->name) == pb::NODE_STATE_SERVING; }));
  for (const auto* node : nodes.all()) {
    node->process->send_signal(SIGTERM);
    CHECK(node->process->wait_exit() == 0);
    CHECK(node->process->errors().find("member died") == std::string::npos);
  }
}

TEST_CASE("a drained node leaves, ends with exit code 0, and is never called dead") {
  three_nodes nodes;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 30s);
  pb::DrainNodeResponse answer;
  REQUIRE(nodes.n2.stub->DrainNode(&context, {}, &answer).ok());
  CHECK(answer.name() == "n2");
  CHECK(nodes.n2.process->wait_exit() == 0);
  for (const auto* node : {&nodes.n1, &nodes.n3})
    CHECK(comes_true([&] { return node->sees("n2") == pb::NODE_STATE_LEFT; }));
  nodes.n2.start();
  for (const auto* node : nodes.all())
    CHECK(comes_true([&] { return node->sees("n2") == pb::NODE_STATE_SERVING; }));
}

TEST_CASE("a node of another cluster is refused, says so, and serves alone") {
  const cluster_node n1{"n1", ""};
  const temporary_directory folder;
  weftd_process stranger{
      {.arguments = on_free_ports(folder, {"--set", "cluster.id=other", "--set", "cluster.seeds=" + n1.peer_address})}};
  const auto line = stranger.wait_for_line("join refused");
  CHECK(line["verdict"] == "OTHER_CLUSTER");
  CHECK(line["reason"].get<std::string>().find("test") != std::string::npos);
  CHECK(line["peer"] == n1.peer_address);
  CHECK(n1.members().size() == 1);
}

TEST_CASE("a cluster of which every node was stopped forms again, though the seed is gone") {
  three_nodes nodes;
  // A node remembers peers for its next start; that it did is seen in its data folder.
  const auto file = nodes.n3.folder.path() / "data" / "known-peers";
  REQUIRE(comes_true([&] { return content_of(file).find(nodes.n2.peer_address) != std::string::npos; }));
  for (auto* node : {&nodes.n1, &nodes.n2, &nodes.n3}) {
    node->process->send_signal(SIGKILL);
    node->process->wait_exit();
  }
  nodes.n2.start();
  nodes.n3.start();
  CHECK(comes_true([&] { return nodes.n2.sees("n3") == pb::NODE_STATE_SERVING; }));
  CHECK(comes_true([&] { return nodes.n3.sees("n2") == pb::NODE_STATE_SERVING; }));
}
