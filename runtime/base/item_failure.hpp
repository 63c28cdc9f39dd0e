#pragma once

#include "runtime/base/result.hpp"

#include <cstdint>
#include <optional>

namespace weft {

/// The text of a call that a failure is about ("item" of its metadata), or none.
std::optional<uint32_t> item_of(const failure& reason);

/// The same failure about text `to`: its metadata, and the number where the message begins with "text N".
failure rename_item(failure reason, uint32_t to);

} // namespace weft
