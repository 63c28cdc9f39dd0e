#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace weft::bench {

/// Does work for about this long and returns units per second. Belongs to one thread.
using slice_runner = std::function<double(std::chrono::nanoseconds)>;

/// One side of a comparison: makes a runner for each thread, on that thread.
struct contestant {
  std::string name;
  std::function<slice_runner()> make;
};

struct slice_options {
  unsigned threads = 1;
  std::chrono::nanoseconds slice = std::chrono::milliseconds(12);
  std::chrono::nanoseconds total = std::chrono::seconds(3);
};

/// rates[contestant][round]: the sum over all threads, in units per second.
using slice_rates = std::vector<std::vector<double>>;

/// Runs the contestants in turn, slice by slice, all threads at the same contestant at the same time and each thread
/// pinned to its CPU: what a shared machine does to one side it does to the other a moment later. The first round warms
/// up and is not in the result.
slice_rates run_slices(const std::vector<contestant>& contestants, const slice_options& options);

struct quartiles {
  double low = 0, median = 0, high = 0;
};

quartiles quartiles_of(std::vector<double> values);
/// The value that this share of them is below, between two of them where it falls between; 0 of none.
double quantile_of(std::vector<double> values, double share);

/// Quartiles of a[i] / b[i].
quartiles paired_ratio(const std::vector<double>& a, const std::vector<double>& b);

} // namespace weft::bench
