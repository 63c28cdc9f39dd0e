#pragma once

#include "weft/v1/embed.grpc.pb.h"
#include "weft/v1/node.grpc.pb.h"

#include <grpcpp/server.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace weft::test {

/// How a fake node behaves.
struct fake_node_options {
  v1::NodeState state = v1::NODE_STATE_SERVING;
  std::string reason{};
  std::string name = "n1";
  std::string model_version = "0123456789ab";
  std::string precision = "fp32";
  std::string api_key{};                ///< "": none is asked for
  std::optional<grpc::Status> refuse{}; ///< the answer to every call
  int refusals = -1;                    ///< only that many are refused; -1: all
  std::optional<uint64_t> lost_after{}; ///< the stream ends with UNAVAILABLE after this many answers
  bool silent = false;                  ///< takes texts, answers nothing, until cancelled
  std::string pushback{};               ///< grpc-retry-pushback-ms of a refusal
  std::function<void()> on_drain{};     ///< DrainNode came; may be empty
};

/// A node that implements weft.v1 without any model, in this process on a free port. A text's vector is
/// fake_vector(text); its tokens are its words and two; "FAIL" fails alone; "LONG" is truncated. In
/// any other encoding than float32 a vector has a byte a dimension.
class fake_node final : v1::EmbedService::Service, v1::NodeService::Service {
public:
  explicit fake_node(fake_node_options options = {});
  ~fake_node() override;

  const std::string& endpoint() const { return endpoint_; }
  std::vector<std::string> texts() const;
  v1::EmbedStreamRequest first_message() const;
  uint64_t calls() const { return calls_; }
  void become(v1::NodeState state, const std::string& reason);
  /// Another member, as ListNodes tells it from now on; one of the same id is replaced.
  void know(const v1::Node& other);

  static std::vector<float> fake_vector(const std::string& text);

private:
  grpc::Status EmbedStream(grpc::ServerContext* context,
                           grpc::ServerReaderWriter<v1::EmbedStreamResponse, v1::EmbedStreamRequest>* stream) override;
  grpc::Status GetNode(grpc::ServerContext* context, const v1::GetNodeRequest* request,
                       v1::GetNodeResponse* response) override;
  grpc::Status ListNodes(grpc::ServerContext* context, const v1::ListNodesRequest* request,
                         v1::ListNodesResponse* response) override;

  grpc::Status DrainNode(grpc::ServerContext* context, const v1::DrainNodeRequest* request,
                         v1::DrainNodeResponse* response) override;

  grpc::Status enter(grpc::ServerContext* context);
  v1::EmbedStreamResponse answer(const std::string& text, uint64_t index) const;
  void fill(v1::Node& node) const;

  fake_node_options options_;
  mutable std::mutex mutex_;
  std::condition_variable never_;
  std::vector<std::string> texts_;
  v1::EmbedStreamRequest first_message_;
  std::map<std::string, v1::Node> others_; ///< by id
  std::atomic<uint64_t> calls_{0};
  std::string endpoint_;
  std::unique_ptr<grpc::Server> server_;
};

/// A status with an ErrorInfo, as a node sends it.
grpc::Status refusal(grpc::StatusCode code, const std::string& reason, const std::string& message);

} // namespace weft::test
