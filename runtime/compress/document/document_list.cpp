#include "runtime/compress/document/document_list.hpp"

#include "runtime/compress/document/chunker.hpp"

#include <cstddef>

namespace weft {
namespace {

constexpr char version = 1;
constexpr size_t head_bytes = 1 + 4;
constexpr size_t row_bytes = 4 * 8 + 4;

template <class Number> void put(std::string& out, Number number) {
  for (size_t i = 0; i < sizeof(Number); ++i)
    out += static_cast<char>(number >> (8 * i) & 0xFF);
}

template <class Number> Number take(std::string_view& from) {
  Number number = 0;
  for (size_t i = 0; i < sizeof(Number); ++i)
    number |= static_cast<Number>(static_cast<Number>(static_cast<uint8_t>(from[i])) << (8 * i));
  from.remove_prefix(sizeof(Number));
  return number;
}

} // namespace

document_list list_of(std::string_view text) {
  document_list out;
  for (const auto bytes : chunk_sizes(text)) {
    out.chunks.push_back({chunk_id_of(text.substr(0, bytes)), bytes});
    text.remove_prefix(bytes);
  }
  return out;
}

uint64_t bytes_of(const document_list& list) noexcept {
  uint64_t sum = 0;
  for (const auto& chunk : list.chunks)
    sum += chunk.bytes;
  return sum;
}

std::string encode(const document_list& list) {
  std::string out{version};
  out.reserve(head_bytes + row_bytes * list.chunks.size());
  put(out, static_cast<uint32_t>(list.chunks.size()));
  for (const auto& chunk : list.chunks) {
    for (const auto word : chunk.id.words)
      put(out, word);
    put(out, chunk.bytes);
  }
  return out;
}

std::optional<document_list> decode_document_list(std::string_view bytes) {
  if (bytes.size() < head_bytes || bytes.front() != version)
    return std::nullopt;
  bytes.remove_prefix(1);
  const size_t count = take<uint32_t>(bytes);
  if (bytes.size() != count * row_bytes)
    return std::nullopt;
  document_list out;
  out.chunks.reserve(count);
  while (!bytes.empty()) {
    listed_chunk chunk;
    for (auto& word : chunk.id.words)
      word = take<uint64_t>(bytes);
    chunk.bytes = take<uint32_t>(bytes);
    const size_t least = bytes.empty() ? 1 : chunk_bytes_min;
    if (chunk.bytes < least || chunk.bytes > chunk_bytes_max)
      return std::nullopt;
    out.chunks.push_back(chunk);
  }
  return out;
}

std::string handle_of(const document_list& list) {
  return to_hex(chunk_id_of(encode(list)));
}

} // namespace weft
