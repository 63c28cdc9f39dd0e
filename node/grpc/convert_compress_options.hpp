#pragma once

#include "node/grpc/convert_encoding.hpp"
#include "runtime/base/result.hpp"
#include "runtime/compress/parameters.hpp"
#include "weft/v1/compress.pb.h"

#include <string>
#include <string_view>

// What a client asks of compress, in calls, streams and jobs. Pure and thread-safe.

namespace weft {

/// What a weft.v1.CompressOptions asks for; check() finds nothing wrong in it.
struct compress_wish {
  compress_parameters wanted;
  vector_encoding encoding = vector_encoding::float32; ///< of mega-tokens, on their way to the client only
};

/// bytes: a serialized weft.v1.CompressOptions. path: of the field that holds them, for people: "options". Fails with
/// errc::invalid_argument, naming the field, or errc::invalid_utf8 (the query, a pattern).
result<compress_wish> read_compress_options(const std::string& bytes, std::string_view path);

void write_compress_options(const compress_parameters& from, v1::CompressOptions& to);

} // namespace weft
