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

/// The figures of a run. Each is printed and the file written anew as soon as it is there, so that whoever ends the
/// program early has what was measured until then.
class figure_list {
public:
  /// json: no file where it is empty.
  figure_list(std::string device, std::string json);

  void add(gpu_figure figure);
  const std::vector<gpu_figure>& all() const { return figures_; }
  /// Whether the file has them all.
  bool written() const { return written_; }

private:
  void write();

  std::string device_, json_;
  std::vector<gpu_figure> figures_;
  bool written_ = true;
};

std::string table_of(const std::vector<gpu_figure>& figures);
/// {"device": …, "figures": [{name, value, unit, target, verdict, note}…]}; a value that was not measured is null.
std::string json_of(const std::string& device, const std::vector<gpu_figure>& figures);

} // namespace weft::bench
