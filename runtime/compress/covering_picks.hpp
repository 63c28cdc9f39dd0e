#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

/// Importance of a unit to be covered that is as any other's.
inline constexpr uint32_t usual_importance = 16;

/// Which units stand best for all of them? Units are rows and columns of one matrix of similarities.
struct covering_problem {
  std::span<const int32_t> products{};    ///< [units, units]
  std::span<const uint32_t> costs{};      ///< [units]: tokens
  std::span<const uint32_t> importance{}; ///< [units]: of covering it, in 16ths, up to 256
  std::span<const int64_t> bonus{};       ///< [units]: gained by taking it, in products × 16ths, not negative
  std::span<const uint8_t> chosen{};      ///< [units]: 1 = in the extract already; its cost is not counted
  std::span<const uint32_t> start{};      ///< taken first where they fit, in this order
  uint64_t budget = 0;                    ///< tokens for those that are not chosen yet
  uint32_t cost_offset = 0; ///< added to each cost where gains are compared: short units have less of a lead
};

struct covering_picks {
  /// All units that were not chosen, the best first: those that fit the budget together, then the others by what they
  /// would still gain.
  std::vector<uint32_t> order;
  uint64_t within = 0;    ///< the first so many of the order fit the budget
  uint64_t objective = 0; ///< what these and the chosen ones reach: sum of importance × best product, and bonuses
};

/// Facility location under a budget, greedy by gain per token: gain(i) = bonus(i) + sum over rows j of importance(j) ·
/// max(0, product(i, j) - best(j)). Lazy (Minoux, 1978): gains only fall, so that one that is still the highest after
/// it was computed anew is the highest of all. At most 2 048 units, so that the sums stay in 64 bits. Time: units² for
/// the first gains, then units for each that is computed anew.
covering_picks pick_covering(const covering_problem& problem);

} // namespace weft
