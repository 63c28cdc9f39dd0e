#pragma once

#include "weft/v1/embed.grpc.pb.h"

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <memory>
#include <string>

namespace weft::bench {

inline constexpr const char* embed_method = "/weft.v1.EmbedService/Embed";

/// The baseline of every RPC: gRPC's callback API and nothing else, with a reply that is ready. Serves embed_method on
/// a free port.
class echo_node {
public:
  explicit echo_node(size_t reply_bytes);

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::shared_ptr<grpc::Channel> connect() const;
  void wait() { server_->Wait(); }

private:
  class service final : public v1::EmbedService::WithRawCallbackMethod_Embed<v1::EmbedService::Service> {
  public:
    explicit service(grpc::ByteBuffer reply) : reply_(std::move(reply)) {}
    grpc::ServerUnaryReactor* Embed(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer*,
                                    grpc::ByteBuffer* out) override;

  private:
    grpc::ByteBuffer reply_;
  };

  service service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

} // namespace weft::bench
