#include "node/grpc/convert_item.hpp"

#include "node/grpc/utf8.hpp"

#include <string>

namespace weft {
namespace {

namespace pb = weft::v1;

constexpr size_t item_message_bytes_max = 1'024;
constexpr size_t item_metadata_max = 8;
constexpr size_t item_metadata_bytes_max = 256;

} // namespace

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

void write_embedding(const embedding& from, vector_encoding encoding, pb::Embedding& to) {
  write_vector(from.values, encoding, to);
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

void write_item_error(const failure& reason, pb::ItemError& to) {
  write_item_error(reason.code, reason.message, to);
  for (const auto& [key, value] : reason.metadata)
    if (key != "item" && static_cast<size_t>(to.metadata_size()) < item_metadata_max)
      (*to.mutable_metadata())[printable(key, item_metadata_bytes_max)] = printable(value, item_metadata_bytes_max);
}

void write_info(const embed_result& from, uint32_t dimensions, std::chrono::nanoseconds total, pb::ResultInfo& to) {
  to.set_model(from.model);
  to.set_model_version(from.model_version);
  to.set_precision(std::string(to_string(from.precision)));
  to.set_dimensions(dimensions);
  to.mutable_usage()->set_tokens(from.usage.tokens);
  to.mutable_usage()->set_device_seconds(from.usage.device_seconds);
  auto& timing = *to.mutable_timing();
  timing.set_total_nanoseconds(static_cast<uint64_t>(total.count()));
  timing.set_queue_nanoseconds(static_cast<uint64_t>(from.times.queue.count()));
  timing.set_tokenize_nanoseconds(static_cast<uint64_t>(from.times.tokenize.count()));
  timing.set_infer_nanoseconds(static_cast<uint64_t>(from.times.infer.count()));
}

} // namespace weft
