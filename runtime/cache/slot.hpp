#pragma once

#include "runtime/base/time.hpp"

#include <cstdint>

namespace weft {

/// The place of an entry in its table; policies order slots and never see values.
using slot = uint32_t;
inline constexpr slot no_slot = UINT32_MAX;

/// What a policy may know about an entry.
struct entry_traits {
  uint64_t hash = 0;
  uint32_t bytes = 0;                     ///< charged to the budget
  double cost = 0;                        ///< seconds that computing it again would take
  time_point expires = time_point::max(); ///< max: never
};

} // namespace weft
