#pragma once

#include "runtime/base/errc.hpp"
#include "runtime/job/embed.hpp"
#include "weft/v1/embed.pb.h"

#include <string_view>

// What embed streams and jobs answer of one item. Pure and thread-safe.

namespace weft {

/// The vector is copied once into its packed field.
void write_embedding(const embedding& from, v1::Embedding& to);

/// message: "" gives the error's own words.
void write_item_error(errc code, std::string_view message, v1::ItemError& to);

} // namespace weft
