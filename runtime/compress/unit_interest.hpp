#pragma once

#include "runtime/compress/unit.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace weft {

/// What counts as all of it, in the arrays below.
inline constexpr uint32_t full_interest = 256;

/// [units], 0 to 256: how much of a fact (a number, a name, code) a unit has, more where few units have the like: a
/// number stands out in a tale, and says nothing in a table. Where all units have one, it is 0 for all.
std::vector<uint32_t> fact_interest(const document& source);

/// [units], 0 to 256: the share of the query's words that a unit has, each word weighing the more the fewer units have
/// it; words that no unit has weigh nothing.
std::vector<uint32_t> query_overlap(const document& source, std::string_view query);

} // namespace weft
