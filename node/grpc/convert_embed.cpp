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

uint32_t dimensions_of(const embed_result& result) noexcept {
  return result.items.empty() ? 0 : static_cast<uint32_t>(result.items.front().values.size());
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

struct any_message : embed_message {
  bool has_options = false;
};

result<any_message> read_message(const grpc::ByteBuffer& message, const embed_fields& fields) {
  any_message out;
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
  const auto encoding = read_embed_options(options, out.request.options, "options");
  if (!encoding)
    return encoding.error();
  out.encoding = *encoding;
  return out;
}

} // namespace

result<vector_encoding> read_embed_options(const std::string& bytes, embed_options& options, std::string_view path) {
  pb::EmbedOptions in;
  if (!in.ParseFromString(bytes))
    return malformed("weft.v1.EmbedOptions");
  if (in.has_normalize())
    options.normalize = in.normalize();
  if (in.has_truncate())
    options.truncate = in.truncate();
  const auto field = [&](const char* name) { return std::string(path) + "." + name; };
  if (!pb::TruncationSide_IsValid(in.truncation_side()))
    return failure{errc::invalid_argument,
                   field("truncation_side") + " is " + std::to_string(static_cast<int>(in.truncation_side())) +
                       "; it must be 1 (right) or 2 (left)",
                   {{"field", field("truncation_side")}}};
  if (in.truncation_side() != pb::TRUNCATION_SIDE_UNSPECIFIED)
    options.side = in.truncation_side() == pb::TRUNCATION_SIDE_LEFT ? truncation_side::left : truncation_side::right;
  return read_encoding(in.encoding(), field("encoding"));
}

result<embed_message> read_embed_request(const grpc::ByteBuffer& message, const node_view&) {
  auto out = read_message(message, unary_fields);
  if (!out)
    return out.error();
  return embed_message{std::move(*out)};
}

result<embed_request> read_embed_stream_request(const grpc::ByteBuffer& message, std::optional<embed_message>& first) {
  auto out = read_message(message, stream_fields);
  if (!out)
    return out.error();
  auto& request = out->request;
  if (!first)
    first = embed_message{{request.model, {}, request.options}, out->encoding};
  if (!request.model.empty() && request.model != first->request.model)
    return failure{errc::invalid_argument,
                   "the stream began with model '" + first->request.model + "'; a later message asks for '" +
                       request.model + "'",
                   {{"field", "model"}}};
  if (out->has_options && (request.options != first->request.options || out->encoding != first->encoding))
    return failure{errc::invalid_argument,
                   "the options of a later message differ from those of the stream's first",
                   {{"field", "options"}}};
  request.model = first->request.model;
  request.options = first->request.options;
  return std::move(request);
}

grpc::ByteBuffer write_embed_reply(const embed_request& request, vector_encoding encoding, const embed_result& result,
                                   std::chrono::nanoseconds total) {
  WEFT_ASSERT(result.items.size() == request.texts.size());
  google::protobuf::Arena arena; // one block for all the small objects of the reply
  auto& out = *google::protobuf::Arena::CreateMessage<pb::EmbedResponse>(&arena);
  out.mutable_embeddings()->Reserve(static_cast<int>(result.items.size()));
  for (const auto& item : result.items)
    write_embedding(item, encoding, *out.add_embeddings());
  write_info(result, dimensions_of(result), total, *out.mutable_info());
  return to_buffer(out);
}

std::vector<grpc::ByteBuffer> write_embed_stream_replies(uint64_t first, vector_encoding encoding,
                                                         const embed_result& result, std::chrono::nanoseconds total) {
  std::vector<grpc::ByteBuffer> out;
  out.reserve(result.items.size());
  pb::EmbedStreamResponse message; // its memory is used again for each
  for (size_t i = 0; i < result.items.size(); ++i) {
    message.Clear();
    message.set_index(first + i);
    write_embedding(result.items[i], encoding, *message.mutable_embedding());
    if (i == 0)
      write_info(result, dimensions_of(result), total, *message.mutable_info());
    out.push_back(to_buffer(message));
  }
  return out;
}

grpc::ByteBuffer write_embed_stream_error(uint64_t index, const failure& reason) {
  pb::EmbedStreamResponse message;
  message.set_index(index);
  write_item_error(reason, *message.mutable_error());
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
