#pragma once

#include <google/protobuf/io/coded_stream.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <cstdint>
#include <string>

namespace weft {

/// Walks over the fields of one serialized message.
///
/// Requests are read with it and not by their generated parsers, because those reject a whole message for one string
/// that is not UTF-8 (the client would see UNIMPLEMENTED, and not which text), and make an object of every text of a
/// message before anybody can count them. Every read_…() skips a field of the wrong wire type, as parsers do.
class wire_reader {
public:
  explicit wire_reader(const grpc::ByteBuffer& message);

  /// Goes to the next field; false at the end of the message, and where it is malformed.
  bool next();
  /// The number of the current field.
  int field() const noexcept;

  /// Each is called at most once a field. False where the field has another wire type (it is skipped then).
  bool read(std::string& out);
  bool read(uint64_t& out);
  void skip();

  /// After next() returned false: whether the whole message was well-formed.
  bool ok() const noexcept { return !malformed_; }

private:
  bool take(bool success) noexcept;

  grpc::ByteBuffer message_; // shares the bytes
  grpc::ProtoBufferReader bytes_;
  google::protobuf::io::CodedInputStream in_;
  uint32_t tag_ = 0;
  bool malformed_ = false;
};

} // namespace weft
