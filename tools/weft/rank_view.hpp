#pragma once

#include "tools/weft/output.hpp"

#include <cstddef>
#include <string>
#include <string_view>

// How what was ranked is shown to people.

namespace weft::cli {

/// "0.713", in the tone of how near that is.
cell score_cell(double score);

/// A paragraph cut into lines of at most `width` columns at spaces, each with an indent and its end.
std::string wrapped(std::string_view text, size_t width);

} // namespace weft::cli
