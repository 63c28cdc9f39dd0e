#pragma once

#include "runtime/compress/document/chunk_id.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

struct listed_chunk {
  chunk_id id;
  uint32_t bytes = 0;

  bool operator==(const listed_chunk&) const = default;
};

/// What a document consists of: its chunks in their order. Equal texts have equal lists.
struct document_list {
  std::vector<listed_chunk> chunks;

  bool operator==(const document_list&) const = default;
};

/// Cuts a text and names its chunks.
document_list list_of(std::string_view text);

/// Bytes of the document.
uint64_t bytes_of(const document_list& list) noexcept;

/// version, number of chunks, then of each its id and bytes; little-endian.
std::string encode(const document_list& list);
/// Empty: not a list, or one that no chunker made (sizes out of bounds).
std::optional<document_list> decode_document_list(std::string_view bytes);

/// The document's handle: the hash of its encoded list, in hex.
std::string handle_of(const document_list& list);

} // namespace weft
