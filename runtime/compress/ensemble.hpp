#pragma once

#include "runtime/compress/kinds.hpp"
#include "runtime/compress/strategy.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace weft {

/// An order and how much it has to say.
struct weighted_order {
  std::span<const uint32_t> order; ///< units, the best first
  uint32_t weight = 1;
};

/// One order out of several: each unit has the sum over the orders of weight / (60 + its place in it), from 1
/// (reciprocal rank fusion, Cormack and others, 2009, with their constant). Units of `first` come before all others, in
/// its order. In integers; of equal sums the first in the text wins.
std::vector<uint32_t> fuse_orders(std::span<const weighted_order> orders, std::span<const uint32_t> first,
                                  uint32_t units);

/// What an extract was measured to be.
struct extract_quality {
  double coverage = -1; ///< -1: not measured
  double term_coverage = 0;
  double exceptions_kept = 1; ///< share; 1 where there are none

  bool operator==(const extract_quality&) const = default;
};

/// Which extract is best: of those that cover nearly as much (97 %) as the one that covers most, the one with the
/// highest sum of coverage, half of its term coverage and a quarter of its share of exceptions; of equal ones the
/// first. What covers a text worse is never worth words that occur once. REQUIRES: one at least.
size_t best_of(std::span<const extract_quality> measured);

} // namespace weft
