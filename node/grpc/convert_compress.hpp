#pragma once

#include "node/grpc/convert_compress_options.hpp"
#include "runtime/base/result.hpp"
#include "runtime/compress/output.hpp"
#include "runtime/job/embed.hpp"
#include "runtime/ports/documents.hpp"
#include "weft/v1/compress.pb.h"

#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Where weft.v1.CompressService's messages and the runtime's own types meet. All functions are pure and thread-safe.
// What cannot be read fails with errc::invalid_argument, naming the field, unless something else is said.

namespace weft {

/// A weft.v1.CompressRequest.
struct compress_message {
  std::string model;
  std::vector<std::string> texts; ///< any bytes
  std::vector<std::string> handles;
  compress_wish wish;
};

/// items_max: texts and handles together. Fails also with errc::empty_call, too_many_items, invalid_utf8 (the model's
/// name, what read_compress_options() finds).
result<compress_message> read_compress_request(const grpc::ByteBuffer& message, uint32_t items_max);

/// item: of an embed_result that compress gave. Gives the dimensions of its mega-tokens (0: it has none), or what
/// decode_compress_output() finds.
result<uint32_t> write_compressed(const embedding& item, vector_encoding encoding, v1::Compressed& to);

/// What the compressed texts of a call cost together, without their items; their times are of calls side by side.
embed_result sum_of(const compress_message& request, const std::vector<result<embed_result>>& outcomes);

/// One outcome a text, in their order, and what they cost together. An outcome with which the reply would have more
/// than compress_reply_bytes_max gives way to errc::call_too_large.
inline constexpr uint64_t compress_reply_bytes_max = 67'108'864;
grpc::ByteBuffer write_compress_reply(const compress_message& request, std::vector<result<embed_result>> outcomes,
                                      const embed_result& all, std::chrono::nanoseconds total);

/// A weft.v1.CompressStreamRequest.
struct compress_piece {
  std::string model;
  std::optional<std::string> options; ///< serialized weft.v1.CompressOptions; empty: not set
  std::string piece;
  uint32_t window_bytes = 0;
};
result<compress_piece> read_compress_piece(const grpc::ByteBuffer& message);

/// A window of a stream: its number, and its bytes in the text.
struct compress_window {
  uint64_t index = 0;
  source_span place;
};

/// Each writes a weft.v1.CompressStreamResponse. REQUIRES: the result is of one text.
grpc::ByteBuffer write_window(const compress_window& window, const embed_result& result, vector_encoding encoding,
                              std::chrono::nanoseconds total);
grpc::ByteBuffer write_window_error(const compress_window& window, const failure& reason);

/// Reads a weft.v1.EditDocumentRequest; its text may be any bytes.
result<document_edit> read_edit_document(const grpc::ByteBuffer& message);
grpc::ByteBuffer write_edit_document(const document_state& document);

} // namespace weft
