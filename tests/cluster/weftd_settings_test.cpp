#include "tests/cluster/cluster_fixture.hpp"
#include "tests/cluster/weftd_fixture.hpp"
#include "weft/v1/admin.grpc.pb.h"
#include "weft/v1/node.grpc.pb.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

using namespace weft::test;
using namespace std::chrono_literals;
namespace pb = weft::v1;
using clock_type = std::chrono::steady_clock;

namespace {

// No healthy machine needs as long; a test that would wait for ever fails instead.
constexpr auto patience = 60s;

/// A node that can be started again with the same data, and its AdminService.
struct settings_node {
  settings_node(std::string node_name, std::string seed) : name(std::move(node_name)), join(std::move(seed)) {
    start();
  }

  void start() {
    const auto peer = peer_address.empty() ? "127.0.0.1:0" : peer_address;
    std::vector<std::string> more{
        "--name", name, "--peer", peer, "--set", "cluster.id=test", "--set", "pool.workers_max=1"};
    if (!join.empty())
      more.insert(more.end(), {"--set", "cluster.seeds=" + join});
    process = std::make_unique<weftd_process>(weftd_process::options{.arguments = on_free_ports(folder, more)});
    peer_address = process->wait_ready()["peer"];
    const auto channel = grpc::CreateChannel(process->client_address(), grpc::InsecureChannelCredentials());
    admin = pb::AdminService::NewStub(channel);
    nodes = pb::NodeService::NewStub(channel);
  }
  void kill() {
    process->send_signal(SIGKILL);
    process->wait_exit();
  }

  /// The value of a key; "" when it is not set.
  std::string get(const std::string& key) const {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 10s);
    pb::GetSettingRequest request;
    request.set_key(key);
    pb::GetSettingResponse answer;
    return admin->GetSetting(&context, request, &answer).ok() ? answer.setting().value() : "";
  }
  grpc::Status set(const std::string& key, const std::string& value) const {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 10s);
    pb::SetSettingRequest request;
    request.set_key(key);
    request.set_value(value);
    pb::SetSettingResponse answer;
    return admin->SetSetting(&context, request, &answer);
  }
  /// How many members it sees at work.
  int serving() const {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 10s);
    pb::ListNodesResponse answer;
    int count = 0;
    if (nodes->ListNodes(&context, {}, &answer).ok())
      for (const auto& node : answer.nodes())
        count += node.state() == pb::NODE_STATE_SERVING ? 1 : 0;
    return count;
  }

  std::string name;
  std::string join;
  std::string peer_address;
  temporary_directory folder;
  std::unique_ptr<weftd_process> process;
  std::unique_ptr<pb::AdminService::Stub> admin;
  std::unique_ptr<pb::NodeService::Stub> nodes;
};

/// Asks again and again; the questions take the time, nothing sleeps.
template <class Condition> bool comes_true(Condition condition) {
  const auto end = clock_type::now() + patience;
  while (!condition())
    if (clock_type::now() > end)
      return false;
  return true;
}

auto since(clock_type::time_point began) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_type::now() - began);
}

} // namespace

TEST_CASE("a setting made on one node is seen by all three at once, and is there after all were killed") {
  settings_node n1{"n1", ""};
  settings_node n2{"n2", n1.peer_address};
  settings_node n3{"n3", n1.peer_address};
  const std::vector<settings_node*> all{&n1, &n2, &n3};
  for (const auto* node : all)
    REQUIRE(comes_true([&] { return node->serving() == 3; }));
  for (int i = 0; i < 10; ++i) {
    const auto value = i % 2 == 0 ? "suspended" : "active";
    const auto began = clock_type::now();
    REQUIRE(all[static_cast<size_t>(i) % 3]->set("tenant.acme", value).ok());
    const auto answered = since(began);
    for (const auto* node : all)
      REQUIRE(comes_true([&] { return node->get("tenant.acme") == value; }));
    std::cout << "a setting: answered after " << answered.count() << " ms, seen by all three after "
              << since(began).count() << " ms\n";
  }
  REQUIRE(n2.set("cache.scope.embed", "shared").ok());
  grpc::ClientContext context;
  pb::ClearCacheResponse cleared;
  REQUIRE(n3.admin->ClearCache(&context, {}, &cleared).ok());
  CHECK(cleared.generation() == 1);
  for (const auto* node : all)
    REQUIRE(comes_true([&] { return node->get("cache.generation") == "1"; }));
  for (auto* node : all)
    node->kill();
  // One that has lost its disk gets all of it from the others.
  std::filesystem::remove(n3.folder.path() / "data" / "settings");
  for (auto* node : all)
    node->start();
  for (const auto* node : all) {
    CAPTURE(node->name);
    CHECK(comes_true([&] { return node->get("tenant.acme") == "active"; }));
    CHECK(comes_true([&] { return node->get("cache.scope.embed") == "shared"; }));
    CHECK(comes_true([&] { return node->get("cache.generation") == "1"; }));
  }
}

TEST_CASE("a damaged settings file is moved aside, said, and the node serves") {
  settings_node node{"n1", ""};
  REQUIRE(node.set("tenant.acme", "suspended").ok());
  node.kill();
  const auto file = node.folder.path() / "data" / "settings";
  {
    std::fstream out{file, std::ios::in | std::ios::out | std::ios::binary};
    out.seekp(20);
    out.put('!');
  }
  node.start();
  CHECK(std::filesystem::exists(file.string() + ".damaged"));
  CHECK(node.process->errors().find("moved aside") != std::string::npos);
  CHECK(node.get("tenant.acme").empty());
  CHECK(node.set("tenant.acme", "active").ok());
}

TEST_CASE("an API key that is set lets its owner in at once, and shuts out those without one") {
  const std::string key = "weft_a-key-of-this-test";
  settings_node node{"n1", ""};
  const auto stub = pb::EmbedService::NewStub(
      grpc::CreateChannel(node.process->client_address(), grpc::InsecureChannelCredentials()));
  REQUIRE(embed(*stub, texts({"before"})).first.ok());
  // printf %s weft_a-key-of-this-test | sha256sum
  REQUIRE(node.set("api_key.test", "operator:b59f3cccdfc34e699001d221389a1299a8ae6f22a130e92587a8465e4efeafd5").ok());
  CHECK(comes_true([&] { return embed(*stub, texts({"x"})).first.error_code() == grpc::StatusCode::UNAUTHENTICATED; }));
  CHECK(embed(*stub, texts({"x"}), key).first.ok());
}

TEST_CASE("a key that would leave no operator is refused with what to do first") {
  const std::string hash = "b59f3cccdfc34e699001d221389a1299a8ae6f22a130e92587a8465e4efeafd5";
  settings_node node{"n1", ""};
  const auto refused = node.set("api_key.app", "client:" + hash);
  CHECK(refused.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(refused.error_message().find("weft settings set api_key.NAME operator:HASH") != std::string::npos);
  CHECK(node.set("tenant.acme.eu", "suspended").ok()); // and the node is as open as it was
}

TEST_CASE("the generation of the cache is not set by hand, and can be raised for ever") {
  settings_node node{"n1", ""};
  CHECK(node.set("cache.generation", "4611686018427387904").error_message().find("weft cache clear") !=
        std::string::npos);
  for (uint64_t i = 1; i <= 2; ++i) {
    grpc::ClientContext context;
    pb::ClearCacheResponse cleared;
    REQUIRE(node.admin->ClearCache(&context, {}, &cleared).ok());
    CHECK(cleared.generation() == i);
  }
}

TEST_CASE("a node that was down during a clear serves nothing from before") {
  constexpr int count = 300;
  cluster_fixture nodes{3};
  auto& away = nodes[2];
  std::vector<std::string> list;
  for (int i = 0; i < count; ++i)
    list.push_back("a text that is stored, " + std::to_string(i));
  REQUIRE(away.embed(texts(list)).first.ok());
  away.end(SIGTERM);
  away.start();
  REQUIRE(nodes.whole());
  // Before the clear its store answers what it owns, by itself or because that was fetched ahead.
  const auto again = away.embed(texts(list)).second;
  REQUIRE(std::ranges::all_of(again.embeddings(), [](const auto& it) { return it.source() != pb::SOURCE_COMPUTED; }));
  away.end(SIGTERM);
  const auto admin =
      pb::AdminService::NewStub(grpc::CreateChannel(nodes[0].client_address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  pb::ClearCacheResponse cleared;
  REQUIRE(admin->ClearCache(&context, {}, &cleared).ok());

  // Asks from the moment when it listens, long before it says that it is ready; each text once, so that whatever is not
  // computed is from before.
  int found = 0;
  std::thread asking{[&] {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    for (const auto* name :
         {GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, GRPC_ARG_MAX_RECONNECT_BACKOFF_MS})
      arguments.SetInt(name, 20);
    const auto stub = pb::EmbedService::NewStub(
        grpc::CreateCustomChannel(away.client_address(), grpc::InsecureChannelCredentials(), arguments));
    const auto end = clock_type::now() + patience;
    for (const auto& text : list)
      while (clock_type::now() < end) {
        const auto [status, reply] = embed(*stub, texts({text}));
        if (!status.ok())
          continue;
        found += reply.embeddings(0).source() == pb::SOURCE_COMPUTED ? 0 : 1;
        break;
      }
  }};
  away.start();
  asking.join();
  CHECK(found == 0);
}
