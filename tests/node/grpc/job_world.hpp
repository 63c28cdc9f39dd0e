#pragma once

#include "tests/node/grpc/test_node.hpp"
#include "tests/support/fake_job_door.hpp"
#include "weft/v1/job.grpc.pb.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {

inline job_status some_job(uint64_t number, uint64_t items_durable = 0) {
  job_status out;
  auto& header = out.header;
  header.id = {.high = 0xabc, .low = number};
  header.spec.tenant = "acme";
  header.spec.request_id = "request " + std::to_string(number);
  header.spec.model = "mini";
  header.spec.home_region = "local";
  header.spec.created = wall_time{std::chrono::milliseconds{1'800'000'000'000}};
  header.spec.expires = wall_time{std::chrono::milliseconds{1'800'000'360'000}};
  header.spec.retention = std::chrono::hours{24};
  header.progress.items_durable = items_durable;
  header.stamp = {.writer = node_id{0xabc}, .sequence = 7};
  return out;
}

/// What a client calls some_job(number).
inline std::string id_of(uint64_t number) {
  return to_text(some_job(number).header.id);
}

/// A server whose jobs are the test's.
struct job_world {
  explicit job_world(grpc_server_options options = on_any_port()) : node(answer, with_door(std::move(options))) {
    stub = v1::JobService::NewStub(node.channel);
  }
  grpc_server_options with_door(grpc_server_options options) const {
    options.jobs = door;
    return options;
  }

  std::shared_ptr<fake_job_door> door = std::make_shared<fake_job_door>();
  test_node node;
  std::unique_ptr<v1::JobService::Stub> stub;
};

/// Two keys: of tenant acme, and of an operator.
struct job_keys {
  std::string client = make_api_key();
  std::string boss = make_api_key();
  grpc_server_options options() const {
    auto out = on_any_port();
    out.api_keys = {{.name = "web", .tenant = "acme", .caller = role::client, .hash = hash_api_key(client)},
                    {.name = "ops", .tenant = "ops", .caller = role::operator_, .hash = hash_api_key(boss)}};
    return out;
  }
};

/// One Submit stream.
struct submit_client {
  explicit submit_client(const job_world& world, const std::string& key = {},
                         const std::vector<std::pair<std::string, std::string>>& metadata = {})
      : stub(v1::JobService::NewStub(world.node.channel)) {
    rpc.set_deadline(soon());
    if (!key.empty())
      rpc.AddMetadata("authorization", "Bearer " + key);
    for (const auto& [name, value] : metadata)
      rpc.AddMetadata(name, value);
    stream = stub->Submit(&rpc);
  }
  bool open(const std::string& request_id) {
    v1::JobServiceSubmitRequest in;
    in.mutable_open()->set_request_id(request_id);
    return stream->Write(in);
  }
  bool send(const std::vector<std::string>& texts, bool complete = false) {
    v1::JobServiceSubmitRequest in;
    for (const auto& text : texts)
      in.add_texts(text);
    in.set_complete(complete);
    return stream->Write(in);
  }
  /// The next answer; fails the test where there is none.
  v1::JobServiceSubmitResponse next() {
    v1::JobServiceSubmitResponse out;
    REQUIRE(stream->Read(&out));
    return out;
  }
  grpc::Status end() {
    for (v1::JobServiceSubmitResponse out; stream->Read(&out);)
      ;
    return stream->Finish();
  }

  std::unique_ptr<v1::JobService::Stub> stub;
  grpc::ClientContext rpc;
  std::unique_ptr<grpc::ClientReaderWriter<v1::JobServiceSubmitRequest, v1::JobServiceSubmitResponse>> stream;
};

} // namespace weft::test
