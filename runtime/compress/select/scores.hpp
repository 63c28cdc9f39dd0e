#pragma once

#include "runtime/compress/unit.hpp"

#include <cstdint>
#include <span>

namespace weft {

/// Share of the source's words that the kept units have, each distinct word w weighted by its rarity:
///   sum over kept w of weight(w) / sum over all w of weight(w),  weight(w) = log2(1 + units / units with w)
/// Words are runs of letters, digits and '_', ASCII case aside; CJK characters count one by one. 1 where there are
/// none. In integers, so equal on any machine.
double term_coverage(const document& source, std::span<const uint32_t> kept);

} // namespace weft
