#pragma once

#include "tools/weft/options.hpp"

namespace weft::cli {

/// Adds `weft cache clear [--yes]` to the noun.
void add_cache_get(CLI::App& noun, common_options& common, action& chosen);

} // namespace weft::cli
