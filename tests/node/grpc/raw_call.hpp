#pragma once

#include "tests/node/grpc/test_node.hpp"

#include <grpcpp/generic/generic_stub.h>

namespace weft::test {

/// Sends bytes as they are to a unary RPC, as a client with a broken or another encoder would.
inline grpc::Status call_with_bytes(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                                    const std::string& bytes) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  grpc::CompletionQueue queue;
  const grpc::Slice slice(bytes);
  auto call = stub.PrepareUnaryCall(&rpc, method, grpc::ByteBuffer(&slice, 1), &queue);
  call->StartCall();
  grpc::ByteBuffer out;
  grpc::Status status;
  call->Finish(&out, &status, &queue);
  void* tag = nullptr;
  bool done = false;
  queue.Next(&tag, &done);
  return status;
}

} // namespace weft::test
