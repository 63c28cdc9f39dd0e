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

/// The same for a stream, one step after the other.
class raw_stream {
public:
  raw_stream(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext& rpc, const std::string& method)
      : stub_(channel), call_(stub_.PrepareCall(&rpc, method, &queue_)) {
    call_->StartCall(this);
    next();
  }
  bool write(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    call_->Write(grpc::ByteBuffer(&slice, 1), this);
    return next();
  }
  grpc::Status finish() {
    grpc::Status out;
    call_->Finish(&out, this);
    next();
    return out;
  }

private:
  bool next() {
    void* tag = nullptr;
    bool done = false;
    return queue_.Next(&tag, &done) && done;
  }

  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

} // namespace weft::test
