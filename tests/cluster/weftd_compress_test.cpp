#include "tests/cluster/cluster_fixture.hpp"
#include "tests/cluster/job_client.hpp"
#include "weft/v1/admin.grpc.pb.h"
#include "weft/v1/compress.grpc.pb.h"

#include <doctest/doctest.h>

#include <array>
#include <csignal>

using namespace weft::test;
namespace pb = weft::v1;

namespace {

constexpr auto call_max = std::chrono::seconds{120};

/// Prose of so many sentences, no two alike; about what its number says.
std::string story(int number, int sentences) {
  static constexpr std::array places{"harbour", "market", "library", "station", "bridge", "garden", "mill"};
  static constexpr std::array people{"captain", "clerk", "teacher", "farmer", "nurse"};
  std::string out;
  for (int i = 0; i < sentences; ++i) {
    const auto n = static_cast<size_t>(number * 31 + i);
    out += std::string{"The "} + people[n % people.size()] + " of town " + std::to_string(n % 97) + " walked to the " +
           places[n % places.size()] + " and counted " + std::to_string(n * 7 % 1'000) + " boats. ";
    if (i % 6 == 5)
      out += "\n\n";
  }
  return out;
}

struct client {
  explicit client(const cluster_node& node) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(128 << 20);
    auto channel = grpc::CreateCustomChannel(node.client_address(), grpc::InsecureChannelCredentials(), arguments);
    compress = pb::CompressService::NewStub(channel);
    admin = pb::AdminService::NewStub(channel);
  }

  pb::CompressResponse made(const pb::CompressRequest& request) const {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + call_max);
    pb::CompressResponse out;
    const auto status = compress->Compress(&context, request, &out);
    REQUIRE_MESSAGE(status.ok(), status.error_message());
    return out;
  }
  pb::EditDocumentResponse edited(const pb::EditDocumentRequest& request) const {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + call_max);
    pb::EditDocumentResponse out;
    const auto status = compress->EditDocument(&context, request, &out);
    REQUIRE_MESSAGE(status.ok(), status.error_message());
    return out;
  }

  std::unique_ptr<pb::CompressService::Stub> compress;
  std::unique_ptr<pb::AdminService::Stub> admin;
};

pb::CompressRequest to_compress(const std::vector<std::string>& texts, double ratio = 4) {
  pb::CompressRequest out;
  for (const auto& text : texts)
    out.add_texts(text);
  out.mutable_options()->set_ratio(ratio);
  return out;
}

/// Without what tells of this computation alone.
std::string lasting(const pb::CompressResponse& reply) {
  std::string out;
  for (auto item : reply.items()) {
    REQUIRE(item.has_compressed());
    item.mutable_compressed()->clear_source();
    item.mutable_compressed()->mutable_report()->clear_timing();
    out += item.SerializeAsString();
  }
  return out;
}

double computed(cluster_fixture& nodes) {
  double sum = 0;
  for (size_t i = 0; i < nodes.size(); ++i)
    sum += nodes[i].metric("weft_engine_items_total");
  return sum;
}

} // namespace

TEST_CASE("any node gives the same for the same text, and what one has computed no other computes") {
  cluster_fixture nodes;
  std::vector<std::string> texts;
  for (int i = 0; i < 6; ++i)
    texts.push_back(story(i, 40));
  const auto request = to_compress(texts);
  const auto first = client{nodes[0]}.made(request);
  const auto sentences = computed(nodes);
  CHECK(sentences > 0);
  for (size_t i = 0; i < nodes.size(); ++i) {
    const auto again = client{nodes[i]}.made(request);
    CHECK(lasting(again) == lasting(first));
    for (const auto& item : again.items())
      CHECK(item.compressed().source() != pb::SOURCE_COMPUTED);
  }
  CHECK(computed(nodes) == sentences);
  for (const auto& item : first.items()) {
    const auto& report = item.compressed().report();
    CHECK(report.output_tokens() <= report.target_tokens());
    CHECK(report.strategy() == pb::COMPRESS_STRATEGY_SEMANTIC);
    CHECK(report.policy_version() != "");
    CHECK(report.coverage() > 0);
  }
}

TEST_CASE(
    "a document that one node has taken is changed and compressed through the others, and computes only what is new") {
  cluster_fixture nodes;
  const auto text = story(1, 400);
  pb::EditDocumentRequest whole;
  whole.set_text(text);
  const auto stored = client{nodes[0]}.edited(whole);
  CHECK(stored.bytes() == text.size());
  CHECK(client{nodes[2]}.edited(whole).handle() == stored.handle());

  auto by_handle = to_compress({});
  by_handle.add_handles(stored.handle());
  CHECK(lasting(client{nodes[1]}.made(by_handle)) == lasting(client{nodes[0]}.made(to_compress({text}))));

  const auto before = computed(nodes);
  const std::string more = "\n\nIn the end a violin was found in the attic of the old theatre.";
  pb::EditDocumentRequest append;
  append.set_handle(stored.handle());
  append.set_text(more);
  const auto longer = client{nodes[2]}.edited(append);
  CHECK(longer.handle() != stored.handle());
  by_handle.set_handles(0, longer.handle());
  const auto changed = client{nodes[2]}.made(by_handle);
  CHECK(computed(nodes) == before + 1);
  CHECK(lasting(changed) == lasting(client{nodes[1]}.made(to_compress({text + more}))));
}

TEST_CASE("a job that compresses outlives a node that is killed, and gives what calls give") {
  cluster_fixture nodes;
  job_client jobs{nodes.endpoints()};
  std::vector<std::string> texts;
  for (int i = 0; i < 60; ++i)
    texts.push_back(story(i, 30));
  pb::JobOpening opening;
  opening.set_request_id("compress");
  opening.mutable_compress()->set_ratio(4);
  const auto job = jobs.submit(opening, texts);
  REQUIRE(job.complete);
  nodes[1].end(SIGKILL);
  const auto ended = jobs.wait_for_end(job.id, std::chrono::seconds{120});
  CHECK(ended.state() == pb::JOB_STATE_DONE);
  CHECK(ended.operation() == "compress");
  CHECK(ended.compress().ratio() == 4);
  const auto results = jobs.results(job.id).items;
  REQUIRE(results.size() == texts.size());
  for (size_t i = 0; i < texts.size(); i += 20) {
    const auto call = client{nodes[0]}.made(to_compress({texts[i]}));
    REQUIRE(results[i].has_compressed());
    CHECK(results[i].compressed().text() == call.items(0).compressed().text());
    CHECK(results[i].compressed().report().ratio() == call.items(0).compressed().report().ratio());
  }
}

TEST_CASE("a table that is set holds on all nodes, and replies name it") {
  cluster_fixture nodes;
  const auto text = story(3, 40);
  const auto before = client{nodes[0]}.made(to_compress({text}));
  grpc::ClientContext context;
  pb::SetSettingRequest set;
  set.set_key("compress.policy");
  set.set_value("v2;prose=frequency");
  pb::SetSettingResponse done;
  const auto status = client{nodes[1]}.admin->SetSetting(&context, set, &done);
  REQUIRE_MESSAGE(status.ok(), status.error_message());
  for (size_t i = 0; i < nodes.size(); ++i) {
    pb::CompressResponse after;
    CHECK(nodes.comes_true([&] {
      after = client{nodes[i]}.made(to_compress({text}));
      return after.items(0).compressed().report().strategy() == pb::COMPRESS_STRATEGY_FREQUENCY;
    }));
    CHECK(after.items(0).compressed().report().policy_version().starts_with("v2-"));
    CHECK(after.items(0).compressed().report().policy_version() !=
          before.items(0).compressed().report().policy_version());
  }
}
