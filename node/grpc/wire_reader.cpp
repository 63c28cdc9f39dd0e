#include "node/grpc/wire_reader.hpp"

#include <google/protobuf/wire_format_lite.h>

namespace weft {

using google::protobuf::internal::WireFormatLite;

wire_reader::wire_reader(const grpc::ByteBuffer& message) : message_(message), bytes_(&message_), in_(&bytes_) {
  malformed_ = !bytes_.status().ok();
}

bool wire_reader::next() {
  if (malformed_)
    return false;
  tag_ = in_.ReadTag();
  if (tag_ != 0)
    return true;
  malformed_ = !in_.ConsumedEntireMessage();
  return false;
}

int wire_reader::field() const noexcept {
  return WireFormatLite::GetTagFieldNumber(tag_);
}

bool wire_reader::read(std::string& out) {
  if (WireFormatLite::GetTagWireType(tag_) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
    skip();
    return false;
  }
  uint32_t length = 0;
  return take(in_.ReadVarint32(&length) && in_.ReadString(&out, static_cast<int>(length)));
}

bool wire_reader::read(uint64_t& out) {
  if (WireFormatLite::GetTagWireType(tag_) != WireFormatLite::WIRETYPE_VARINT) {
    skip();
    return false;
  }
  return take(in_.ReadVarint64(&out));
}

void wire_reader::skip() {
  take(WireFormatLite::SkipField(&in_, tag_));
}

bool wire_reader::take(bool success) noexcept {
  malformed_ = malformed_ || !success;
  return success;
}

} // namespace weft
