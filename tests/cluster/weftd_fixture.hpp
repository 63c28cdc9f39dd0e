#pragma once

#include "google/rpc/status.pb.h"
#include "tests/cluster/weftd_process.hpp"
#include "tests/support/model_directory.hpp"
#include "tests/support/temporary_directory.hpp"
#include "weft/v1/embed.grpc.pb.h"

#include <doctest/doctest.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {

/// Arguments of a weftd on free ports with a data folder of its own and a log that a program can read.
inline std::vector<std::string> on_free_ports(const temporary_directory& folder, std::vector<std::string> more = {}) {
  std::vector<std::string> out{"--listen",     "127.0.0.1:0",
                               "--peer",       "127.0.0.1:0",
                               "--http",       "127.0.0.1:0",
                               "--data-dir",   (folder.path() / "data").string(),
                               "--model-dir",  model_directory().string(),
                               "--log-format", "json"};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

/// A weftd that is ready.
struct running_weftd {
  explicit running_weftd(std::vector<std::string> more = {}) : process({.arguments = on_free_ports(folder, more)}) {
    process.wait_ready();
    stub = connect();
  }

  std::unique_ptr<v1::EmbedService::Stub> connect() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(-1);
    return v1::EmbedService::NewStub(
        grpc::CreateCustomChannel(process.client_address(), grpc::InsecureChannelCredentials(), arguments));
  }

  temporary_directory folder;
  weftd_process process;
  std::unique_ptr<v1::EmbedService::Stub> stub;
};

/// One unary call, with an end that no healthy node reaches.
inline std::pair<grpc::Status, v1::EmbedResponse> embed(v1::EmbedService::Stub& stub, const v1::EmbedRequest& request,
                                                        const std::string& key = "") {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(120));
  if (!key.empty())
    context.AddMetadata("authorization", "Bearer " + key);
  std::pair<grpc::Status, v1::EmbedResponse> out;
  out.first = stub.Embed(&context, request, &out.second);
  return out;
}

inline v1::EmbedRequest texts(std::vector<std::string> list) {
  v1::EmbedRequest out;
  for (auto& text : list)
    out.add_texts(std::move(text));
  return out;
}

/// `count` texts that the model reads 256 tokens of: seconds of work. No two are alike, in all calls of a test: the
/// node computes a text once.
inline v1::EmbedRequest long_texts(int count) {
  static std::atomic<uint64_t> number{0};
  std::string text;
  for (int i = 0; i < 300; ++i)
    text += "word ";
  std::vector<std::string> list;
  for (int i = 0; i < count; ++i)
    list.push_back(std::to_string(++number) + ' ' + text);
  return texts(std::move(list));
}

/// The stable reason of a failed call.
inline std::string reason(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  if (!details.ParseFromString(status.error_details()) || details.details_size() == 0 ||
      !details.details(0).UnpackTo(&info))
    return "";
  return info.reason();
}

} // namespace weft::test
