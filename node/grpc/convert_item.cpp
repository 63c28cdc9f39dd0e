#include "node/grpc/convert_item.hpp"

#include "node/grpc/utf8.hpp"

#include <cstring>
#include <string>

namespace weft {
namespace {

namespace pb = weft::v1;

constexpr size_t item_message_bytes_max = 1'024;

pb::Source to_pb(source from) noexcept {
  switch (from) {
  case source::computed:
    return pb::SOURCE_COMPUTED;
  case source::memory:
    return pb::SOURCE_MEMORY;
  case source::store:
    return pb::SOURCE_STORE;
  case source::shared:
    return pb::SOURCE_SHARED;
  }
  return pb::SOURCE_UNSPECIFIED;
}

} // namespace

void write_embedding(const embedding& from, pb::Embedding& to) {
  const int size = static_cast<int>(from.values.size());
  to.mutable_values()->Reserve(size);
  std::memcpy(to.mutable_values()->AddNAlreadyReserved(size), from.values.data(), from.values.size() * sizeof(float));
  to.set_tokens(from.tokens);
  to.set_truncated(from.truncated);
  to.set_source(to_pb(from.source));
}

void write_item_error(errc code, std::string_view message, pb::ItemError& to) {
  const auto& row = info(code);
  to.set_code(static_cast<int>(row.status));
  to.set_reason(std::string(row.reason));
  to.set_message(printable(message.empty() ? row.meaning : message, item_message_bytes_max));
}

} // namespace weft
