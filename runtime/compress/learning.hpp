#pragma once

#include "runtime/compress/kinds.hpp"
#include "runtime/compress/policy.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace weft {

/// What one strategy reached on one text, and what that cost.
struct strategy_trial {
  compress_strategy strategy = compress_strategy::semantic; ///< not automatic
  double coverage = 0;
  double term_coverage = 0;
  double ratio = 1;          ///< reached
  double seconds_per_mb = 0; ///< of text, vectors included; 0: not measured

  /// From 0 to 1: what is covered, by meaning and by words.
  double quality() const noexcept { return (2 * coverage + term_coverage) / 3; }
};

/// Below so many texts on which both were tried, chance decides.
inline constexpr uint64_t paired_trials_min = 30;
/// Gains below this are not worth that results change.
inline constexpr double quality_gain_min = 0.01;
/// Standard errors that a gain has to be beyond the smallest: one false proposal in a thousand comparisons.
inline constexpr double standard_errors_min = 3;
/// Counts are halved here, so that what was long ago counts less and nothing overflows.
inline constexpr uint64_t paired_trials_max = 4'096;

struct policy_change {
  content_kind kind = content_kind::prose;
  size_class size = size_class::small;
  compress_strategy from = compress_strategy::semantic;
  compress_strategy to = compress_strategy::semantic;
  std::string reason; ///< for people, with the figures
};

struct policy_proposal {
  compress_policy next;               ///< its number is one higher
  std::vector<policy_change> changes; ///< one at least
};

/// Learns which strategy suits which content: from texts on which several were tried, so that easy and hard texts do
/// not decide. Proposes; whoever owns the settings applies. 16 cells of 15 pairs, so bounded. Not thread-safe.
class strategy_learning {
public:
  /// What strategies reached on one text, each at most once. Figures that are no numbers are left out; one trial alone
  /// only counts for the cost.
  void record(content_kind kind, size_class size, std::span<const strategy_trial> trials);

  /// The next table, where a strategy has beaten the one in `now` on enough texts by enough; of several the one with
  /// the highest gain that is certain. Nothing: `now` may stay.
  std::optional<policy_proposal> propose(const compress_policy& now) const;

  /// Texts on which both were tried.
  uint64_t paired(content_kind kind, size_class size, compress_strategy a, compress_strategy b) const noexcept;
  /// Mean seconds for a megabyte; 0: not known.
  double seconds_per_mb(content_kind kind, size_class size, compress_strategy strategy) const noexcept;

private:
  /// Mean and spread of differences (Welford, 1962).
  struct difference {
    uint64_t count = 0;
    double mean = 0;
    double squares = 0; ///< sum of squared distances to the mean

    void add(double value) noexcept;
  };
  struct mean_cost {
    uint64_t count = 0;
    double mean = 0;
  };
  struct cell {
    /// [a][b], a < b: quality of a less that of b.
    std::array<std::array<difference, compress_strategy_count>, compress_strategy_count> pairs{};
    std::array<mean_cost, compress_strategy_count> costs{};
  };
  struct rival {
    compress_strategy strategy = compress_strategy::semantic;
    double gain = 0;    ///< mean
    double certain = 0; ///< gain less standard_errors_min standard errors
    uint64_t count = 0;
  };

  const cell& at(content_kind kind, size_class size) const noexcept {
    return cells_[static_cast<size_t>(kind)][static_cast<size_t>(size)];
  }
  static std::optional<rival> best_rival(const cell& here, compress_strategy incumbent);

  std::array<std::array<cell, size_class_count>, content_kind_count> cells_{};
};

} // namespace weft
