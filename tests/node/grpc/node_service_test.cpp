#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/node/grpc/test_node.hpp"
#include "weft/v1/node.grpc.pb.h"

namespace pb = weft::v1;
namespace health = grpc::health::v1;
using weft::test::soon;
using weft::test::test_node;

namespace {

pb::Node get_node(const test_node& node) {
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  pb::GetNodeResponse out;
  const auto status = pb::NodeService::NewStub(node.channel)->GetNode(&rpc, {}, &out);
  REQUIRE_MESSAGE(status.ok(), status.error_message());
  CHECK(rpc.GetServerInitialMetadata().count("x-request-id") == 1);
  return out.node();
}

struct health_answer {
  grpc::StatusCode code;
  health::HealthCheckResponse::ServingStatus status;
  bool operator==(const health_answer&) const = default;
};

health_answer check(const test_node& node, const std::string& service) {
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  health::HealthCheckRequest in;
  in.set_service(service);
  health::HealthCheckResponse out;
  const auto status = health::Health::NewStub(node.channel)->Check(&rpc, in, &out);
  return {status.error_code(), out.status()};
}

constexpr std::array services{"",
                              "weft.v1.EmbedService",
                              "weft.v1.JobService",
                              "weft.v1.NodeService",
                              "weft.v1.AdminService",
                              "tei.v1.Info",
                              "tei.v1.Embed"};

} // namespace

TEST_CASE("a node tells its state, load, models and pools") {
  auto options = weft::test::on_any_port();
  options.identity = {.endpoint = "node-1.example.org:7700", .region = "local", .zone = "a"};
  test_node node(weft::test::answer, options);
  const auto got = get_node(node);
  CHECK(got.name() == "n1");
  CHECK(got.version() == "0.1.0");
  CHECK(got.state() == pb::NODE_STATE_SERVING);
  CHECK(got.endpoint() == "node-1.example.org:7700");
  CHECK(got.region() == "local");
  CHECK(got.zone() == "a");
  CHECK(got.uptime_seconds() == 42);
  CHECK(got.load().calls_in_flight() == 3);
  CHECK(got.load().calls_done() == 1'000);
  CHECK(got.load().calls_refused() == 7);
  CHECK(got.load().memory_bytes() > 1'000'000);
  REQUIRE(got.models_size() == 1);
  CHECK(got.models(0).name() == "fake-model");
  CHECK(got.models(0).precision() == "bf16");
  CHECK(got.models(0).dimensions() == 384);
  CHECK(got.models(0).tokens_max() == 256);
  CHECK(got.models(0).state() == "ready");
  REQUIRE(got.pools_size() == 1);
  CHECK(got.pools(0).workers() == 2);
  CHECK(got.pools(0).workers_max() == 4);

  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  pb::ListNodesResponse all;
  REQUIRE(pb::NodeService::NewStub(node.channel)->ListNodes(&rpc, {}, &all).ok());
  REQUIRE(all.nodes_size() == 1);
  CHECK(all.nodes(0).name() == "n1");
}

TEST_CASE(
    "a node tells what its workers run on and how its devices are, and leaves out what their driver does not say") {
  auto options = weft::test::on_any_port();
  options.look = [] {
    weft::process_facts out;
    out.devices = {{.device = "cuda:0",
                    .name = "NVIDIA H200",
                    .memory_bytes = 150'000'000'000,
                    .engines = 1,
                    .figures = {.utilization = 0.5, .temperature_celsius = 61}},
                   {.device = "cuda:1", .name = "NVIDIA H200", .usable = false, .problem = "it fell off the bus"}};
    return out;
  };
  test_node node(weft::test::answer, options);
  auto snapshot = weft::test::fake_snapshot();
  snapshot.pools[0].engines = {{.info = {.device = "cuda:0",
                                         .precision = weft::numeric_class::bf16,
                                         .kind = weft::device_kind::gpu,
                                         .name = "NVIDIA H200",
                                         .memory_bytes = 9},
                                .tokens_per_second = 2e6,
                                .batch_seconds = 0.003}};
  node.view->set(snapshot);
  const auto got = get_node(node);
  REQUIRE(got.pools(0).engines_size() == 1);
  const auto& engine = got.pools(0).engines(0);
  CHECK(engine.device() == "cuda:0");
  CHECK(engine.kind() == "gpu");
  CHECK(engine.name() == "NVIDIA H200");
  CHECK(engine.precision() == "bf16");
  CHECK(engine.memory_bytes() == 9);
  CHECK(engine.tokens_per_second() == 2e6);
  CHECK(engine.batch_seconds() == 0.003);
  REQUIRE(got.devices_size() == 2);
  CHECK(got.devices(0).usable());
  CHECK(got.devices(0).engines() == 1);
  CHECK(got.devices(0).utilization() == 0.5);
  CHECK(got.devices(0).temperature_celsius() == 61);
  CHECK_FALSE(got.devices(0).has_memory_used_bytes());
  CHECK_FALSE(got.devices(1).usable());
  CHECK(got.devices(1).problem() == "it fell off the bus");
  CHECK_FALSE(got.devices(1).has_utilization());
}

TEST_CASE("a list with reports tells of each live member what it says, and of the others what the cluster knows") {
  auto options = weft::test::on_any_port();
  int rounds = 0;
  options.reports = [&](auto done) {
    ++rounds;
    auto all = std::make_shared<std::unordered_map<weft::node_id, pb::Node>>();
    for (const uint64_t id : {2, 3, 4}) {
      auto& report = (*all)[weft::node_id{id}];
      report.set_name("n" + std::to_string(id));
      report.set_version("9.9.9");
      report.set_state(pb::NODE_STATE_SERVING);
      report.set_epoch(7);
      report.mutable_load()->set_calls_done(id * 100);
    }
    done(all);
  };
  test_node node(weft::test::answer, options);
  auto snapshot = weft::test::fake_snapshot();
  auto view = std::make_shared<weft::cluster_view>();
  view->self = weft::node_id{1};
  const auto add = [&](uint64_t id, weft::member_condition condition, uint64_t epoch) {
    weft::cluster_member member;
    member.node = weft::node_id{id};
    member.epoch = weft::boot_epoch{epoch};
    member.name = "n" + std::to_string(id);
    member.condition = condition;
    member.zone = "z" + std::to_string(id);
    view->members.push_back(member);
  };
  add(1, weft::member_condition::serving, 1);
  add(2, weft::member_condition::suspect, 7);
  add(3, weft::member_condition::dead, 7);
  add(4, weft::member_condition::serving, 8); // the report is of the process before
  snapshot.cluster = view;
  node.view->set(std::move(snapshot));

  const auto list = [&](bool reports) {
    grpc::ClientContext rpc;
    rpc.set_deadline(soon());
    pb::ListNodesRequest in;
    in.set_reports(reports);
    pb::ListNodesResponse out;
    REQUIRE(pb::NodeService::NewStub(node.channel)->ListNodes(&rpc, in, &out).ok());
    REQUIRE(out.nodes_size() == 4);
    return out;
  };
  auto all = list(true);
  CHECK(all.nodes(1).version() == "9.9.9");
  CHECK(all.nodes(1).load().calls_done() == 200);
  CHECK(all.nodes(1).state() == pb::NODE_STATE_SUSPECT);
  CHECK(all.nodes(2).version().empty());
  CHECK(all.nodes(2).state() == pb::NODE_STATE_DEAD);
  CHECK(all.nodes(3).version().empty());
  CHECK(all.nodes(3).zone() == "z4");
  all = list(false);
  CHECK(rounds == 1);
  CHECK(all.nodes(1).version().empty());
}

TEST_CASE("the answer follows the snapshot, though it is serialized once for each") {
  test_node node;
  CHECK(get_node(node).state() == pb::NODE_STATE_SERVING);
  CHECK(get_node(node).endpoint() == "127.0.0.1:" + std::to_string(node.port));
  for (const auto& [state, want] : {std::pair{weft::node_state::starting, pb::NODE_STATE_STARTING},
                                    {weft::node_state::draining, pb::NODE_STATE_DRAINING},
                                    {weft::node_state::unhealthy, pb::NODE_STATE_UNHEALTHY}}) {
    auto next = weft::test::fake_snapshot();
    next.state = state;
    next.reason = "because";
    node.view->set(std::move(next));
    CHECK(get_node(node).state() == want);
    CHECK(get_node(node).reason() == "because");
  }
}

TEST_CASE("health answers for the node and each of its services, and knows no others") {
  test_node node;
  const health_answer serving{grpc::StatusCode::OK, health::HealthCheckResponse::SERVING};
  const health_answer not_serving{grpc::StatusCode::OK, health::HealthCheckResponse::NOT_SERVING};
  for (const bool up : {true, false, true}) {
    node.server.set_serving(up);
    for (const auto* service : services) {
      CAPTURE(service);
      CHECK(check(node, service) == (up ? serving : not_serving));
    }
  }
  CHECK(check(node, "no.such.Service").code == grpc::StatusCode::NOT_FOUND);
}

TEST_CASE("a watch of health sees each change") {
  test_node node;
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  health::HealthCheckRequest in;
  in.set_service("weft.v1.EmbedService");
  const auto stub = health::Health::NewStub(node.channel);
  const auto watch = stub->Watch(&rpc, in);
  health::HealthCheckResponse out;
  REQUIRE(watch->Read(&out));
  CHECK(out.status() == health::HealthCheckResponse::SERVING);
  node.server.set_serving(false);
  REQUIRE(watch->Read(&out));
  CHECK(out.status() == health::HealthCheckResponse::NOT_SERVING);
  rpc.TryCancel();
  while (watch->Read(&out))
    ;
  watch->Finish();
}
