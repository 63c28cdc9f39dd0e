#pragma once

#include "runtime/compute/cuda/points/device_points.hpp"
#include "runtime/points/encoding.hpp"
#include "runtime/ports/engine.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace weft::cuda {

// Work on points, done by a device with the bits of runtime/points. All wait until it is done. Errors: errc::overloaded
// where it does not fit the device, errc::engine_failed where the device fails.

/// run_kmeans() of runtime/points. REQUIRES: its find_fault() found nothing.
result<kmeans_output> cluster_on_device(const kmeans_work& work, const device_place& at);

/// run_similarity() of runtime/points. REQUIRES: its find_fault() found nothing.
result<similarity_output> multiply_on_device(const similarity_work& work, const device_place& at);

struct nearest_point {
  uint32_t point = 0;
  int32_t product = 0;

  bool operator==(const nearest_point&) const = default;
};

/// The `count` points with the largest products of each query, the largest first, of equal ones the lowest point; fewer
/// where there are fewer. queries: [queries, dimensions]; returns [queries]. The products are written to memory, in
/// parts of at most 64 MiB. REQUIRES: whole queries of the points' dimensions, count from 1 to top_count_max.
result<std::vector<std::vector<nearest_point>>>
nearest_on_device(const device_points& points, std::span<const int8_t> queries, uint32_t count, const device_place& at);

/// For each point the first kept one before it whose cosine to it is `similarity` ten-thousandths or more, no_leader
/// for those that are kept: find_leaders() of runtime/points. Takes points² / 8 bytes of the device. REQUIRES: at
/// most leaders_points_max points, similarity from 1 to 10 000.
result<std::vector<uint32_t>> leaders_on_device(const device_points& points, uint32_t similarity,
                                                const device_place& at);

/// encode() of runtime/points for each row. REQUIRES: float16, int8 or binary; find_points_fault() found nothing.
result<encode_output> encode_on_device(const encode_work& work, const device_place& at);

} // namespace weft::cuda
