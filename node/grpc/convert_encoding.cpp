#include "node/grpc/convert_encoding.hpp"

#include <string>

namespace weft {

namespace pb = weft::v1;

static_assert(pb::VECTOR_ENCODING_FLOAT32 == int(vector_encoding::float32) + 1);
static_assert(pb::VECTOR_ENCODING_BINARY == int(vector_encoding::binary) + 1);

result<vector_encoding> read_encoding(pb::VectorEncoding from, std::string_view field) {
  if (!pb::VectorEncoding_IsValid(from))
    return failure{errc::invalid_argument,
                   std::string(field) + " is " + std::to_string(static_cast<int>(from)) +
                       "; it must be 1 (float32), 2 (float16), 3 (int8) or 4 (binary)",
                   {{"field", std::string(field)}}};
  if (from == pb::VECTOR_ENCODING_UNSPECIFIED)
    return vector_encoding::float32;
  return static_cast<vector_encoding>(static_cast<int>(from) - 1);
}

} // namespace weft
