#pragma once

#include "runtime/base/result.hpp"
#include "runtime/points/encoding.hpp"
#include "weft/v1/embed.pb.h"

#include <cstring>
#include <string_view>
#include <vector>

// How vectors are written on their way to a client. Pure and thread-safe.

namespace weft {

/// field: of the request, for people. Fails with errc::invalid_argument.
result<vector_encoding> read_encoding(v1::VectorEncoding from, std::string_view field);

/// Message: has the fields values, packed and scale, as weft.v1.Embedding and weft.v1.MegaToken. Numbers of float32 are
/// copied once into their packed field.
template <class Message> void write_vector(const std::vector<float>& from, vector_encoding encoding, Message& to) {
  if (encoding == vector_encoding::float32) {
    const int size = static_cast<int>(from.size());
    to.mutable_values()->Reserve(size);
    std::memcpy(to.mutable_values()->AddNAlreadyReserved(size), from.data(), from.size() * sizeof(float));
    return;
  }
  auto packed = encode(from, encoding);
  to.set_packed(std::move(packed.bytes));
  if (encoding == vector_encoding::int8)
    to.set_scale(packed.scale);
}

} // namespace weft
