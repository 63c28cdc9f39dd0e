#pragma once

#include "node/grpc/convert_encoding.hpp"
#include "node/grpc/node_identity.hpp"
#include "node/grpc/node_reports.hpp"
#include "node/grpc/process_facts.hpp"
#include "runtime/base/result.hpp"
#include "runtime/job/embed.hpp"
#include "runtime/ports/node_view.hpp"

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The one place where Protobuf and the runtime's own types meet. Everything else in node/ and all of actors/ and
// runtime/ sees only one side. All functions are pure and thread-safe.

namespace weft {

/// Texts that one message may have, so that a message of 32 MiB cannot become millions of strings. Far above what
/// admission allows; it only has to be finite.
inline constexpr uint32_t message_items_max = 65'536;

/// What a client asks of embed; `encoding` is that of the reply, and the actors do not know of it.
struct embed_message {
  embed_request request;
  vector_encoding encoding = vector_encoding::float32;
};

/// Reads a weft.v1.EmbedRequest. Texts may be any bytes: their UTF-8 is the tokenizer's affair, which names the item.
/// Unknown fields are ignored. Fails with errc::invalid_argument (not such a message, or an option with an unknown
/// value), errc::invalid_utf8 (the model's name) or errc::too_many_items.
result<embed_message> read_embed_request(const grpc::ByteBuffer& message, const node_view& view);

/// Adds to `options` what a weft.v1.EmbedOptions sets, and gives the encoding that it asks for. path: of the field that
/// has the options, for people. Fails with errc::invalid_argument.
result<vector_encoding> read_embed_options(const std::string& bytes, embed_options& options, std::string_view path);

/// Writes a weft.v1.EmbedResponse; each vector is copied once into its packed field.
/// total: since the RPC began.
grpc::ByteBuffer write_embed_reply(const embed_request& request, vector_encoding encoding, const embed_result& result,
                                   std::chrono::nanoseconds total);

/// Reads a weft.v1.EmbedStreamRequest. `first` keeps what the stream's first message fixed (model and options); a later
/// one must leave them unset or repeat them. Fails as read_embed_request() does.
result<embed_request> read_embed_stream_request(const grpc::ByteBuffer& message, std::optional<embed_message>& first);

/// Writes one weft.v1.EmbedStreamResponse a text of a group that begins at position `first` of its stream; the first
/// one carries what holds for the group.
std::vector<grpc::ByteBuffer> write_embed_stream_replies(uint64_t first, vector_encoding encoding,
                                                         const embed_result& result, std::chrono::nanoseconds total);

/// Writes the weft.v1.EmbedStreamResponse that says why a text has no embedding.
grpc::ByteBuffer write_embed_stream_error(uint64_t index, const failure& reason);

/// Reads a tei.v1.EmbedRequest, of a unary call or of a stream. Fails with errc::invalid_argument (not such a message;
/// dimensions that the model does not have; a prompt name), errc::empty_call (TEI takes no empty text) or
/// errc::model_loading (dimensions are asked for before they are known).
result<embed_message> read_tei_request(const grpc::ByteBuffer& message, const node_view& view);

/// Writes a tei.v1.EmbedResponse; the API has one encoding. REQUIRES: one text.
grpc::ByteBuffer write_tei_reply(const embed_request& request, vector_encoding, const embed_result& result,
                                 std::chrono::nanoseconds total);
/// Writes one tei.v1.EmbedResponse a text; the times are those of the group.
std::vector<grpc::ByteBuffer> write_tei_stream_replies(const embed_request& request, const embed_result& result,
                                                       std::chrono::nanoseconds total);

/// Writes a tei.v1.InfoResponse.
grpc::ByteBuffer write_tei_info(const node_snapshot& node, const model_info& model, const tei_limits& limits);

/// Write a weft.v1.GetNodeResponse (the same as a weft.peer.v1.GetReportResponse), and a weft.v1.ListNodesResponse with
/// all members, the node itself first. others: what members told of themselves; whether they live, and their place in
/// the cluster, is what this node knows.
grpc::ByteBuffer write_get_node_reply(const node_snapshot& node, const node_identity& identity,
                                      const process_facts& facts);
grpc::ByteBuffer write_list_nodes_reply(const node_snapshot& self, const node_identity& identity,
                                        const process_facts& facts,
                                        const std::unordered_map<node_id, v1::Node>& others);

/// Reads a weft.v1.ListNodesRequest: whether the others are to be asked. Fails with errc::invalid_argument.
result<bool> read_list_nodes_request(const grpc::ByteBuffer& message);

/// Writes a weft.v1.DrainNodeResponse.
grpc::ByteBuffer write_drain_node_reply(const node_snapshot& node);

/// Serializes any message. REQUIRES: it is smaller than 2 GiB.
grpc::ByteBuffer to_buffer(const google::protobuf::MessageLite& message);

} // namespace weft
