#include "runtime/points/kmeans_steps.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/points/integer_root.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <utility>

namespace weft {

namespace {

/// The largest products of the rows of a block, taken while they are in the L1 cache.
class block_maxima {
public:
  void find(const prepared_rows& block, const packed_columns& centroids) {
    const auto& kernels = centroids.kernels();
    alignas(64) int32_t tile[prepared_rows::count_max * panel_columns];
    for (auto& row : rows_) {
      std::fill_n(row.products, lane_maxima::lanes, std::numeric_limits<int32_t>::min());
      std::fill_n(row.columns, lane_maxima::lanes, 0);
    }
    for (size_t p = 0; p < centroids.panels(); ++p) {
      kernels.multiply(block.data(), block.count(), centroids.panel(p), centroids.panel_count(p),
                       centroids.dimensions(), tile, panel_columns);
      kernels.take_largest(tile, block.count(), centroids.panel_count(p), static_cast<uint32_t>(p * panel_columns),
                           rows_.data());
    }
  }

  struct best {
    uint32_t centroid;
    int32_t product;
  };
  /// Of equal products the first centroid's.
  best of(size_t row) const {
    const auto& lanes = rows_[row];
    size_t found = 0;
    for (size_t i = 1; i < lane_maxima::lanes; ++i)
      if (lanes.products[i] > lanes.products[found] ||
          (lanes.products[i] == lanes.products[found] && lanes.columns[i] < lanes.columns[found]))
        found = i;
    return {static_cast<uint32_t>(lanes.columns[found]), lanes.products[found]};
  }

private:
  std::array<lane_maxima, prepared_rows::count_max> rows_;
};

/// Scales one cluster's sum; see update_centroids.
void scale_sum(std::span<const int32_t> sum, uint64_t radius, std::span<int8_t> centroid) {
  uint64_t largest = 0;
  for (const int32_t x : sum)
    largest = std::max<uint64_t>(largest, std::abs(int64_t{x}));
  if (largest == 0)
    return;
  const int shift = 25 - std::bit_width(largest);
  const auto shifted = [shift](int32_t x) {
    const auto magnitude = static_cast<uint64_t>(std::abs(int64_t{x}));
    return shift >= 0 ? magnitude << shift : magnitude >> -shift;
  };
  uint64_t squares = 0; // at most 4 096 · 2^50
  for (const int32_t x : sum)
    squares += shifted(x) * shifted(x);
  const uint64_t length = integer_root(squares);
  for (size_t d = 0; d < sum.size(); ++d) {
    const auto value =
        static_cast<int8_t>(std::min<uint64_t>(127, (shifted(sum[d]) * radius + 128 * length) / (256 * length)));
    centroid[d] = sum[d] < 0 ? static_cast<int8_t>(-value) : value;
  }
}

} // namespace

void cluster_sums::add(const cluster_sums& other) {
  WEFT_ASSERT(other.sums.size() == sums.size());
  WEFT_ASSERT(other.counts.size() == counts.size());
  for (size_t i = 0; i < sums.size(); ++i)
    sums[i] += other.sums[i];
  for (size_t i = 0; i < counts.size(); ++i)
    counts[i] += other.counts[i];
}

uint64_t sum_of_squares(std::span<const int8_t> points) {
  uint64_t squares = 0;
  for (const int8_t x : points)
    squares += static_cast<uint64_t>(int32_t{x} * x);
  return squares;
}

uint64_t radius_of(uint64_t squares, uint64_t points) {
  if (points == 0)
    return 0;
  return integer_root((squares / points << 16) + (squares % points << 16) / points);
}

uint64_t assign(kmeans_shard& shard, const packed_columns& centroids) {
  WEFT_ASSERT(centroids.count() > 0);
  const size_t dimensions = centroids.dimensions();
  const auto& kernels = centroids.kernels();
  prepared_rows block(centroids.dimensions(), kernels);
  block_maxima maxima;
  uint64_t changed = 0;
  for (size_t first = 0; first < shard.labels.size(); first += prepared_rows::count_max) {
    const size_t count = std::min(shard.labels.size() - first, prepared_rows::count_max);
    block.fill(shard.points.subspan(first * dimensions, count * dimensions));
    maxima.find(block, centroids);
    for (size_t r = 0; r < count; ++r) {
      const size_t point = first + r;
      const auto [now, product] = maxima.of(r);
      const uint32_t before = std::exchange(shard.labels[point], now);
      shard.similarities[point] = product;
      if (before == now)
        continue;
      ++changed;
      const int8_t* const row = shard.points.data() + point * dimensions;
      if (before != no_cluster) {
        kernels.add_row(row, dimensions, -1, shard.sums.sums.data() + before * dimensions);
        --shard.sums.counts[before];
      }
      kernels.add_row(row, dimensions, 1, shard.sums.sums.data() + now * dimensions);
      ++shard.sums.counts[now];
    }
  }
  return changed;
}

void update_centroids(const cluster_sums& sums, uint64_t radius, std::span<int8_t> centroids) {
  WEFT_ASSERT(centroids.size() == sums.sums.size());
  const size_t clusters = sums.counts.size();
  const size_t dimensions = centroids.size() / clusters;
  for (size_t c = 0; c < clusters; ++c)
    if (sums.counts[c] > 0)
      scale_sum(std::span(sums.sums).subspan(c * dimensions, dimensions), radius,
                centroids.subspan(c * dimensions, dimensions));
}

} // namespace weft
