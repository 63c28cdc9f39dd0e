#pragma once

#include "runtime/compress/unit.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace weft {

/// What a strategy may look at. Arrays over units have document.units.size() elements.
struct strategy_input {
  const document* source = nullptr;    ///< not null
  uint64_t budget = 0;                 ///< tokens that the extract may have, joints included
  std::span<const uint8_t> required{}; ///< [units], 1 = kept in any case; empty: none
  uint32_t dimensions = 0;             ///< of vectors
  std::span<const float> vectors{};    ///< [units, dimensions], |row| = 1; empty where the strategy needs none
  std::span<const float> query{};      ///< [dimensions]; empty: there is no query, or the strategy needs no vectors
  std::string_view query_text{};       ///< "" = none
};

/// A strategy's answer: which units to keep, the best first. Whoever fills the budget takes them in this order and
/// skips what does not fit, so the order should go on beyond the budget; units that are not in it are tried last, in
/// the order of the text. Deterministic: equal input, equal answer, on any machine.
struct strategy_ranking {
  std::vector<uint32_t> order; ///< units, each at most once
  std::string why;             ///< for people: one line about what it found
};

} // namespace weft
