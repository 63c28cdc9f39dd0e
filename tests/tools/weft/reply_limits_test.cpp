#include "node/grpc/byte_budget.hpp"
#include "node/grpc/convert_compress.hpp"
#include "node/grpc/reply_room.hpp"
#include "tools/weft/reply_limits.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace weft;
using namespace weft::cli;

static_assert(node_reply_bytes_max == compress_reply_bytes_max);
static_assert(receive_bytes_max > node_reply_bytes_max);

namespace {

v1::CompressOptions with(uint32_t mega_tokens, v1::VectorEncoding encoding = v1::VECTOR_ENCODING_FLOAT32) {
  v1::CompressOptions out;
  out.set_mega_tokens(mega_tokens);
  out.set_encoding(encoding);
  return out;
}

} // namespace

TEST_CASE("no outcome is reckoned smaller than the node does, or than its vectors are") {
  for (const auto encoding : {v1::VECTOR_ENCODING_UNSPECIFIED, v1::VECTOR_ENCODING_FLOAT32, v1::VECTOR_ENCODING_FLOAT16,
                              v1::VECTOR_ENCODING_INT8, v1::VECTOR_ENCODING_BINARY})
    for (const uint32_t mega_tokens : {0U, 1U, 17U, 1'024U})
      for (const uint64_t bytes : {0ULL, 1ULL, 800ULL, 1ULL << 24}) {
        CAPTURE(mega_tokens);
        CAPTURE(bytes);
        const uint64_t vectors = std::min<uint64_t>(mega_tokens, bytes);
        const auto reckoned = compress_outcome_bytes(with(mega_tokens, encoding), bytes);
        CHECK(reckoned >= bytes + (1 + vectors) * item_bytes);
        if (encoding <= v1::VECTOR_ENCODING_FLOAT32)
          CHECK(reckoned >= bytes + vectors * 1'024 * sizeof(float));
      }
}

TEST_CASE("no outcome is reckoned smaller than what the node sets aside for it, whatever the lines of the text") {
  std::string short_lines, long_lines, sentences;
  for (int i = 0; i < 20'000; ++i) {
    short_lines += "a\n";
    long_lines += "a line of some words, and no more\n";
    sentences += "\u6587\u3002";
  }
  for (const auto& text :
       {std::string{}, std::string{"a"}, short_lines, long_lines, sentences, std::string(9'999, 'a')})
    for (const auto& [wire, encoding] : {std::pair{v1::VECTOR_ENCODING_FLOAT32, vector_encoding::float32},
                                         {v1::VECTOR_ENCODING_INT8, vector_encoding::int8},
                                         {v1::VECTOR_ENCODING_BINARY, vector_encoding::binary}})
      for (const uint32_t mega_tokens : {0U, 1U, 1'024U}) {
        CAPTURE(mega_tokens);
        CAPTURE(text.size());
        compress_wish wish;
        wish.wanted.mega_tokens = mega_tokens;
        wish.encoding = encoding;
        const reply_room room(wish, 1'024);
        CHECK(compress_outcome_bytes(with(mega_tokens, wire), text.size()) >= room.of(text) + item_bytes);
      }
}

TEST_CASE("what a call has at the most fits a reply, unless many vectors are asked for") {
  constexpr uint64_t call = 4ULL << 20;
  CHECK(compress_outcome_bytes(with(0), call) < node_reply_bytes_max / 2);
  CHECK(64 * compress_outcome_bytes(with(16), call / 64) < node_reply_bytes_max);
  CHECK(64 * compress_outcome_bytes(with(1'024), call / 64) > node_reply_bytes_max);
}
