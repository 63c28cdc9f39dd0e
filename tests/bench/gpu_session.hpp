#pragma once

#include "runtime/compute/cuda/base/device_info.hpp"
#include "runtime/compute/cuda/points/device_points.hpp"
#include "tests/bench/gpu_figures.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weft::bench {

/// One device, for the whole run.
struct gpu_session {
  cuda::device_info info;
  std::unique_ptr<cuda::stream> order;
  cuda::device_place place;
  std::filesystem::path model; ///< weights; empty: random ones of the same shape
  int repeats = 20;
};

result<gpu_session> open_gpu_session();

/// Milliseconds of the work that `enqueue` gives to the session's stream: the median of the repeats, after three that
/// are not counted.
result<double> median_milliseconds(const gpu_session& session, const std::function<status()>& enqueue);

double median(std::vector<double> values);

/// What the other figures are shares of; measured in the same process. 0: could not be measured.
struct gpu_rates {
  double copy_bytes = 0;    ///< a second, read and written, device to device
  double product_flops = 0; ///< a second, bf16, 8192³
  double model_flops = 0;   ///< a second, bf16, the four products of a layer for one part of a batch
};

/// Each adds its figures, those that fail with the reason.
gpu_rates measure_rates(const gpu_session& session, figure_list& figures);
void measure_points(const gpu_session& session, const gpu_rates& rates, figure_list& figures);
void measure_encoder(const gpu_session& session, const gpu_rates& rates, figure_list& figures);

/// The names of all figures, for where none can be run.
std::vector<gpu_figure> figures_not_run(const std::string& why);

} // namespace weft::bench
