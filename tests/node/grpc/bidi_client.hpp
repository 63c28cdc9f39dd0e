#pragma once

#include "tests/node/grpc/test_node.hpp"

#include <memory>
#include <vector>

namespace weft::test {

/// The client's end of a stream in both directions, which ends with the test's deadline at the latest.
template <class Service, class In, class Out> struct bidi_client {
  using opening = std::unique_ptr<grpc::ClientReaderWriter<In, Out>> (Service::Stub::*)(grpc::ClientContext*);

  bidi_client(const test_node& node, opening open) : stub(Service::NewStub(node.channel)) {
    rpc.set_deadline(soon());
    stream = (stub.get()->*open)(&rpc);
  }
  /// All answers until the stream ends.
  std::vector<Out> rest() {
    std::vector<Out> out;
    for (Out one; stream->Read(&one);)
      out.push_back(one);
    return out;
  }

  std::unique_ptr<typename Service::Stub> stub;
  grpc::ClientContext rpc;
  std::unique_ptr<grpc::ClientReaderWriter<In, Out>> stream;
};

} // namespace weft::test
