#pragma once

#include "runtime/base/result.hpp"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>

namespace weft {

/// Reads a message with its generated parser: for the small messages of operators, not for texts (wire_reader.hpp).
/// Fails with errc::invalid_argument.
template <class Message> result<Message> parse(const grpc::ByteBuffer& from) {
  auto bytes = from; // gRPC empties what it parses
  Message out;
  if (!grpc::SerializationTraits<Message>::Deserialize(&bytes, &out).ok())
    return failure{errc::invalid_argument, "the request is not a " + out.GetTypeName()};
  return out;
}

} // namespace weft
