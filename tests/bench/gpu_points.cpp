#include "runtime/base/random_source.hpp"
#include "runtime/compute/cuda/base/cuda_error.hpp"
#include "runtime/compute/cuda/points/device_kmeans.hpp"
#include "runtime/compute/cuda/points/device_values.hpp"
#include "runtime/compute/cuda/points/points_engine.hpp"
#include "runtime/compute/cuda/points/points_kernels.hpp"
#include "tests/bench/gpu_session.hpp"

#include <algorithm>
#include <chrono>

namespace weft::bench {
namespace {

constexpr uint32_t points_count = 1'000'000;
constexpr uint32_t dimensions = 384;
constexpr uint32_t clusters = 1'024;
constexpr uint32_t packed_count = 262'144; ///< 403 MB of floats: far beyond the second-level cache

/// Points around 1 024 directions, wide enough that labels go on changing for some iterations.
std::vector<int8_t> topic_points(uint32_t count) {
  random_source draw(1);
  std::vector<int8_t> centers(size_t{clusters} * dimensions), points(size_t{count} * dimensions);
  for (auto& x : centers)
    x = static_cast<int8_t>(static_cast<int>(draw.below(61)) - 30);
  for (size_t p = 0; p < count; ++p) {
    const int8_t* const center = centers.data() + size_t{draw.below(clusters)} * dimensions;
    for (size_t d = 0; d < dimensions; d += 8) {
      uint64_t noise = draw.next();
      for (size_t i = 0; i < 8; ++i, noise >>= 8)
        points[p * dimensions + d + i] =
            static_cast<int8_t>(std::clamp(center[d + i] + static_cast<int8_t>(noise) / 2, -127, 127));
    }
  }
  return points;
}

double milliseconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

struct kmeans_times {
  double first = 0;  ///< ms: every point is added to a sum
  double median = 0; ///< of the others
};

/// Whole iterations as the engine runs them: assign, move, update, and the host's look at what changed.
result<kmeans_times> time_kmeans(const gpu_session& session, const std::vector<int8_t>& points) {
  auto steps = cuda::device_kmeans::make(points, dimensions, clusters, session.place);
  if (!steps)
    return steps.error();
  const auto squares = steps->sum_of_squares();
  if (!squares)
    return squares.error();
  steps->set_radius(radius_of(*squares, steps->points()));
  kmeans_times times;
  std::vector<double> others;
  WEFT_TRY(steps->write_centroids(std::span(points).first(size_t{clusters} * dimensions)));
  for (int run = 0; run <= session.repeats; ++run) {
    WEFT_TRY(session.order->wait());
    const auto begin = std::chrono::steady_clock::now();
    const auto changed = steps->assign();
    if (!changed)
      return changed.error();
    WEFT_TRY(steps->update());
    WEFT_TRY(session.order->wait());
    if (run == 0)
      times.first = milliseconds_since(begin);
    else
      others.push_back(milliseconds_since(begin));
  }
  times.median = median(std::move(others));
  return times;
}

void measure_kmeans(const gpu_session& session, const std::vector<int8_t>& points, figure_list& figures) {
  gpu_figure iteration{.name = "k-means iteration",
                       .unit = "ms",
                       .kind = gpu_figure::bound::at_most,
                       .target = 2.5,
                       .note = "1M x 384, k = 1024, host's wait included"};
  gpu_figure first{.name = "k-means, first iteration", .unit = "ms", .note = "every point is added to a sum"};
  if (const auto times = time_kmeans(session, points)) {
    iteration.value = times->median;
    first.value = times->first;
  } else {
    iteration.note = first.note = times.error().message;
  }
  figures.add(iteration);
  figures.add(first);
}

struct packed_code {
  const char* name;
  cuda::row_code code;
  uint32_t bytes; ///< of a row
};

result<double> pack_rate(const gpu_session& session, const cuda::device_buffer& rows, const packed_code& what) {
  const auto codes =
      session.place.memory->allocate_for<unsigned char>(size_t{packed_count} * what.bytes, session.order->get());
  if (!codes)
    return codes.error();
  const auto scales = session.place.memory->allocate_for<float>(packed_count, session.order->get());
  if (!scales)
    return scales.error();
  const auto milliseconds = median_milliseconds(session, [&] {
    return cuda::start(what.code,
                       cuda::pack_arguments{rows.as<float>(), codes->as<unsigned char>(), scales->as<float>(), 128,
                                            packed_count, dimensions, what.bytes},
                       *session.order);
  });
  if (!milliseconds)
    return milliseconds.error();
  return double{packed_count} * (dimensions * 4 + what.bytes) / (*milliseconds / 1e3);
}

void measure_packing(const gpu_session& session, const gpu_rates& rates, figure_list& figures) {
  random_source draw(2);
  std::vector<float> values(size_t{packed_count} * dimensions);
  for (auto& x : values)
    x = static_cast<float>(draw.unit()) - 0.5F;
  const auto rows = cuda::uploaded_values(std::span<const float>(values), session.place);
  for (const packed_code& what : {packed_code{"pack to float16", cuda::row_code::float16, dimensions * 2},
                                  {"pack to int8", cuda::row_code::int8, dimensions},
                                  {"pack to binary", cuda::row_code::binary, dimensions / 8},
                                  {"quantise to points", cuda::row_code::point, dimensions}}) {
    gpu_figure figure{.name = what.name, .unit = "of copy", .kind = gpu_figure::bound::at_least, .target = 0.8};
    const auto rate = rows ? pack_rate(session, *rows, what) : result<double>(rows.error());
    if (!rate) {
      figure.note = rate.error().message;
    } else if (rates.copy_bytes == 0) {
      figure.note = "no copy bandwidth to compare with";
    } else {
      figure.value = *rate / rates.copy_bytes;
      figure.note = std::to_string(static_cast<int>(*rate / 1e9)) + " GB/s read and written";
    }
    figures.add(figure);
  }
}

void measure_search(const gpu_session& session, const std::vector<int8_t>& points, figure_list& figures) {
  gpu_figure search{.name = "exact top 100 of 1M, 64 queries", .unit = "ms", .note = "points on the device already"};
  gpu_figure leaders{.name = "near duplicates of 16384", .unit = "ms", .note = "all pairs, leaders chosen"};
  const auto timed = [&](gpu_figure& figure, const std::function<status()>& work) {
    std::vector<double> times;
    for (int run = 0; run <= 5; ++run) {
      const auto begin = std::chrono::steady_clock::now();
      if (const status done = work(); !done) {
        figure.note = done.error().message;
        return;
      }
      if (run > 0)
        times.push_back(milliseconds_since(begin));
    }
    figure.value = median(std::move(times));
  };
  const auto all = cuda::device_points::upload(points, dimensions, session.place);
  const auto some =
      cuda::device_points::upload(std::span(points).first(size_t{16'384} * dimensions), dimensions, session.place);
  timed(search, [&]() -> status {
    if (!all)
      return all.error();
    const auto found =
        cuda::nearest_on_device(*all, std::span(points).first(size_t{64} * dimensions), 100, session.place);
    return found ? ok : status(found.error());
  });
  timed(leaders, [&]() -> status {
    if (!some)
      return some.error();
    const auto found = cuda::leaders_on_device(*some, 9'500, session.place);
    return found ? ok : status(found.error());
  });
  figures.add(search);
  figures.add(leaders);
}

} // namespace

void measure_points(const gpu_session& session, const gpu_rates& rates, figure_list& figures) {
  const auto points = topic_points(points_count);
  measure_kmeans(session, points, figures);
  measure_packing(session, rates, figures);
  measure_search(session, points, figures);
}

} // namespace weft::bench
