#pragma once

#include "runtime/compress/unit.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weft {

/// What stands between two kept units with none kept between them. Neighbours in the source keep the bytes that it has
/// there; else: a space between sentences of a paragraph (nothing between CJK ones), a line end between lines, rows and
/// records (before code and list items with the source's indentation), an empty line between paragraphs.
/// REQUIRES: left < right. The view is into the source, or static.
std::string_view joint_between(const document& source, uint32_t left, uint32_t right) noexcept;

/// The kept units, verbatim, with their joints. kept: ascending, each once.
std::string join_units(const document& source, std::span<const uint32_t> kept);

} // namespace weft
