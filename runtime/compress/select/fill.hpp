#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compress/kinds.hpp"
#include "runtime/compress/select/token_counter.hpp"
#include "runtime/compress/unit.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace weft {

struct fill_request {
  const document* source = nullptr;    ///< not null; its tokens are counted
  std::span<const uint32_t> order{};   ///< units, the best first; others are tried last, in the order of the text
  std::span<const uint8_t> required{}; ///< [units]; empty: none
  uint64_t budget = 0;                 ///< tokens of the extract, joints included
  uint64_t source_tokens = 0;          ///< for the error's bestRatio
  counter_kind counter = counter_kind::bytes;
  token_count count{};
};

struct fill_output {
  std::vector<uint32_t> kept; ///< ascending
  std::string extract;        ///< join_units() of them
  uint64_t tokens = 0;        ///< count(extract), never above the budget
};

/// Fills a budget: required units first, then those of the order that still fit, then any other that does, until no
/// omitted unit would. A heading is no end in itself: it comes with the first kept unit of its section where both fit,
/// as does the header row of a table with its first row; it stands alone only where a text has nothing else.
/// Time: n log n at worst, one count of the extract (more only where a counter is not additive).
/// errc::budget_unreachable: the required units, or the smallest of all, are too many tokens; metadata leastTokens (a
/// budget that is reachable) and bestRatio (source_tokens over that, rounded down to two decimals).
result<fill_output> fill_budget(const fill_request& request);

} // namespace weft
