#pragma once

#include "node/grpc/convert_encoding.hpp"
#include "runtime/base/result.hpp"
#include "runtime/job/embed.hpp"
#include "weft/v1/embed.pb.h"

#include <chrono>
#include <cstdint>
#include <string_view>

// What calls, streams and jobs answer of one item. Pure and thread-safe.

namespace weft {

/// The vector is copied once into its packed field.
void write_embedding(const embedding& from, vector_encoding encoding, v1::Embedding& to);

/// message: "" gives the error's own words.
void write_item_error(errc code, std::string_view message, v1::ItemError& to);
/// The same with its metadata, without "item": it stands in the item's place.
void write_item_error(const failure& reason, v1::ItemError& to);

v1::Source to_pb(source from) noexcept;

/// What holds for all items of a reply. dimensions: of its vectors; total: since the RPC began.
void write_info(const embed_result& from, uint32_t dimensions, std::chrono::nanoseconds total, v1::ResultInfo& to);

} // namespace weft
