#pragma once

#include <prometheus/collectable.h>

#include <memory>
#include <string>
#include <vector>

namespace weft {

/// The text that GET /metrics answers. Collectors are asked in the order given.
std::string expose(const std::vector<std::shared_ptr<const prometheus::Collectable>>& collectors);

/// Its media type.
inline constexpr const char* exposition_type = "text/plain; version=0.0.4; charset=utf-8";

} // namespace weft
