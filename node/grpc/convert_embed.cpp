#include "node/grpc/convert.hpp"
#include "node/grpc/convert_item.hpp"
#include "node/grpc/utf8.hpp"
#include "node/grpc/wire_reader.hpp"
#include "weft/v1/embed.pb.h"

#include <google/protobuf/arena.h>
#include <grpcpp/impl/codegen/proto_utils.h>

namespace weft {
namespace {

namespace pb = weft::v1;

failure malformed(std::string_view name) {
  return {errc::invalid_argument, "the request is not a " + std::string(name) + " message"};
}

/// Reads the next text, or only counts it where there are too many already.
void read_text(wire_reader& in, std::vector<std::string>& texts, uint64_t& count) {
  if (count >= message_items_max) {
    in.skip();
    ++count;
    return;
  }
  std::string text;
  if (in.read(text)) {
    texts.push_back(std::move(text));
    ++count;
  }
}

failure too_many(uint64_t count) {
  return {errc::too_many_items,
          "the message has " + std::to_string(count) + " texts, more than " + std::to_string(message_items_max) +
              "; use weft.v1.EmbedService/EmbedStream, which takes any number in messages of fewer",
          {{"items", std::to_string(count)}, {"limit", std::to_string(message_items_max)}, {"use", "EmbedStream"}}};
}

void write_info(const embed_result& from, std::chrono::nanoseconds total, pb::ResultInfo& to) {
  to.set_model(from.model);
  to.set_model_version(from.model_version);
  to.set_precision(std::string(to_string(from.precision)));
  to.set_dimensions(from.items.empty() ? 0 : static_cast<uint32_t>(from.items.front().values.size()));
  to.mutable_usage()->set_tokens(from.usage.tokens);
  to.mutable_usage()->set_device_seconds(from.usage.device_seconds);
  auto& timing = *to.mutable_timing();
  timing.set_total_nanoseconds(static_cast<uint64_t>(total.count()));
  timing.set_queue_nanoseconds(static_cast<uint64_t>(from.times.queue.count()));
  timing.set_tokenize_nanoseconds(static_cast<uint64_t>(from.times.tokenize.count()));
  timing.set_infer_nanoseconds(static_cast<uint64_t>(from.times.infer.count()));
}

/// Where a message type keeps what embed requests have.
struct embed_fields {
  std::string_view name;
  int model;
  int texts;
  int options;
};
constexpr embed_fields unary_fields{"weft.v1.EmbedRequest", pb::EmbedRequest::kModelFieldNumber,
                                    pb::EmbedRequest::kTextsFieldNumber, pb::EmbedRequest::kOptionsFieldNumber};
constexpr embed_fields stream_fields{"weft.v1.EmbedStreamRequest", pb::EmbedStreamRequest::kModelFieldNumber,
                                     pb::EmbedStreamRequest::kTextsFieldNumber,
                                     pb::EmbedStreamRequest::kOptionsFieldNumber};

struct embed_message {
  embed_request request;
  bool has_options = false;
};

result<embed_message> read_message(const grpc::ByteBuffer& message, const embed_fields& fields) {
  embed_message out;
  uint64_t count = 0;
  std::string options; // sub-messages that come twice are merged: so are their bytes
  wire_reader in(message);
  while (in.next()) {
    if (in.field() == fields.texts) {
      read_text(in, out.request.texts, count);
    } else if (in.field() == fields.model) {
      in.read(out.request.model);
    } else if (in.field() == fields.options) {
      std::string part;
      out.has_options = in.read(part) || out.has_options;
      options += part;
    } else {
      in.skip();
    }
  }
  if (!in.ok())
    return malformed(fields.name);
  if (!is_utf8(out.request.model))
    return failure{errc::invalid_utf8, "the model's name is not valid UTF-8", {{"field", "model"}}};
  if (count > message_items_max)
    return too_many(count);
  if (auto done = read_embed_options(options, out.request.options); !done)
    return done.error();
  return out;
}

} // namespace

status read_embed_options(const std::string& bytes, embed_options& options) {
  pb::EmbedOptions in;
  if (!in.ParseFromString(bytes))
    return malformed("weft.v1.EmbedOptions");
  if (in.has_normalize())
    options.normalize = in.normalize();
  if (in.has_truncate())
    options.truncate = in.truncate();
  switch (in.truncation_side()) {
  case pb::TRUNCATION_SIDE_UNSPECIFIED:
    return ok;
  case pb::TRUNCATION_SIDE_RIGHT:
    options.side = truncation_side::right;
    return ok;
  case pb::TRUNCATION_SIDE_LEFT:
    options.side = truncation_side::left;
    return ok;
  default:
    return failure{errc::invalid_argument,
                   "options.truncation_side is " + std::to_string(static_cast<int>(in.truncation_side())) +
                       "; it must be 1 (right) or 2 (left)",
                   {{"field", "options.truncation_side"}}};
  }
}

result<embed_request> read_embed_request(const grpc::ByteBuffer& message, const node_view&) {
  auto out = read_message(message, unary_fields);
  if (!out)
    return out.error();
  return std::move(out->request);
}

result<embed_request> read_embed_stream_request(const grpc::ByteBuffer& message, const node_view&,
                                                std::optional<embed_request>& first) {
  auto out = read_message(message, stream_fields);
  if (!out)
    return out.error();
  auto& request = out->request;
  if (!first)
    first = embed_request{request.model, {}, request.options};
  if (!request.model.empty() && request.model != first->model)
    return failure{errc::invalid_argument,
                   "the stream began with model '" + first->model + "'; a later message asks for '" + request.model +
                       "'",
                   {{"field", "model"}}};
  if (out->has_options && request.options != first->options)
    return failure{errc::invalid_argument,
                   "the options of a later message differ from those of the stream's first",
                   {{"field", "options"}}};
  request.model = first->model;
  request.options = first->options;
  return std::move(request);
}

grpc::ByteBuffer write_embed_reply(const embed_request& request, const embed_result& result,
                                   std::chrono::nanoseconds total) {
  WEFT_ASSERT(result.items.size() == request.texts.size());
  google::protobuf::Arena arena; // one block for all the small objects of the reply
  auto& out = *google::protobuf::Arena::CreateMessage<pb::EmbedResponse>(&arena);
  out.mutable_embeddings()->Reserve(static_cast<int>(result.items.size()));
  for (const auto& item : result.items)
    write_embedding(item, *out.add_embeddings());
  write_info(result, total, *out.mutable_info());
  return to_buffer(out);
}

std::vector<grpc::ByteBuffer> write_embed_stream_replies(uint64_t first, const embed_request& request,
                                                         const embed_result& result, std::chrono::nanoseconds total) {
  WEFT_ASSERT(result.items.size() == request.texts.size());
  std::vector<grpc::ByteBuffer> out;
  out.reserve(result.items.size());
  pb::EmbedStreamResponse message; // its memory is used again for each
  for (size_t i = 0; i < result.items.size(); ++i) {
    message.Clear();
    message.set_index(first + i);
    write_embedding(result.items[i], *message.mutable_embedding());
    if (i == 0)
      write_info(result, total, *message.mutable_info());
    out.push_back(to_buffer(message));
  }
  return out;
}

grpc::ByteBuffer write_embed_stream_error(uint64_t index, const failure& reason) {
  pb::EmbedStreamResponse message;
  message.set_index(index);
  write_item_error(reason.code, reason.message, *message.mutable_error());
  return to_buffer(message);
}

grpc::ByteBuffer to_buffer(const google::protobuf::MessageLite& message) {
  grpc::ByteBuffer out;
  bool own = false;
  const auto done = grpc::SerializationTraits<google::protobuf::MessageLite>::Serialize(message, &out, &own);
  WEFT_ASSERT(done.ok());
  return out;
}

} // namespace weft
