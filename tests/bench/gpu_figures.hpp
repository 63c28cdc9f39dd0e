#pragma once

#include <optional>
#include <string>
#include <vector>

namespace weft::bench {

/// What one measurement came to.
struct gpu_figure {
  enum class bound { none, at_least, at_most };

  std::string name;
  std::optional<double> value; ///< nothing: not run
  std::string unit;
  bound kind = bound::none;
  double target = 0;
  std::string note; ///< how it was measured, or why it was not

  /// "met", "missed", "measured" (no target) or "not run".
  std::string verdict() const;
};

std::string table_of(const std::vector<gpu_figure>& figures);
/// {"device": …, "figures": [{name, value, unit, target, verdict, note}…]}; a value that was not measured is null.
std::string json_of(const std::string& device, const std::vector<gpu_figure>& figures);

} // namespace weft::bench
