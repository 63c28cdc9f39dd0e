#include "tools/weft/reply_limits.hpp"

#include <algorithm>

namespace weft::cli {
namespace {

// What the node sets aside for a text, and again for each of its vectors, whatever they have in the end.
constexpr uint64_t item_bytes = 2'048;

// Of the models that are common, the widest have so many.
constexpr uint64_t dimensions_max = 1'024;

// Weight, scale and tags of a vector.
constexpr uint64_t vector_overhead = 64;

uint64_t bits_of(v1::VectorEncoding encoding) {
  switch (encoding) {
  case v1::VECTOR_ENCODING_FLOAT16:
    return 16;
  case v1::VECTOR_ENCODING_INT8:
    return 8;
  case v1::VECTOR_ENCODING_BINARY:
    return 1;
  default:
    return 32;
  }
}

} // namespace

uint64_t compress_outcome_bytes(const v1::CompressOptions& options, uint64_t text_bytes) {
  // The shortest line has 2 bytes with its end; a line that is cut for its length makes one more in 512.
  const uint64_t units = (text_bytes + 1) / 2 + text_bytes / 512;
  // A place has 12 bytes at the most, and its count one in the mean. All units may be kept but one, and mega-tokens
  // have the places of all.
  const uint64_t extract = item_bytes + text_bytes + units * 13;
  // A sentence has a byte at least: so the node reckons.
  const uint64_t vectors = std::min<uint64_t>(options.mega_tokens(), text_bytes);
  const uint64_t vector_bytes =
      std::max(item_bytes, dimensions_max * bits_of(options.encoding()) / 8 + vector_overhead);
  return extract + (vectors == 0 ? 0 : units * 12 + vectors * vector_bytes);
}

} // namespace weft::cli
