#include "tests/bench/echo_node.hpp"

#include "tests/bench/raw_client.hpp"

namespace weft::bench {

grpc::ServerUnaryReactor* echo_node::service::Embed(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer*,
                                                    grpc::ByteBuffer* out) {
  *out = reply_;
  auto* reactor = rpc->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

echo_node::echo_node(size_t reply_bytes) : service_(message_of(std::string(reply_bytes, 'x'))) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(&service_);
  server_ = builder.BuildAndStart();
}

std::shared_ptr<grpc::Channel> echo_node::connect() const {
  return grpc::CreateChannel(address(), grpc::InsecureChannelCredentials());
}

} // namespace weft::bench
