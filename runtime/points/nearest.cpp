#include "runtime/points/nearest.hpp"

#include "runtime/points/packed_columns.hpp"

#include <algorithm>
#include <utility>

namespace weft {

namespace {

struct candidate {
  uint32_t point;
  int32_t product;
};

bool is_nearer(const candidate& a, const candidate& b) {
  return a.product != b.product ? a.product > b.product : a.point < b.point;
}

/// The nearest of one query so far; the front of the heap is the farthest.
class nearest_so_far {
public:
  explicit nearest_so_far(size_t count) : count_(count) {}

  /// REQUIRES: points come in ascending order, so that an equal product is never better.
  void offer(uint32_t point, int32_t product) {
    if (heap_.size() == count_) {
      if (product <= heap_.front().product)
        return;
      std::pop_heap(heap_.begin(), heap_.end(), is_nearer);
      heap_.pop_back();
    }
    heap_.push_back({point, product});
    std::push_heap(heap_.begin(), heap_.end(), is_nearer);
  }
  std::vector<candidate> take() {
    std::sort_heap(heap_.begin(), heap_.end(), is_nearer);
    return std::move(heap_);
  }

private:
  size_t count_;
  std::vector<candidate> heap_;
};

} // namespace

nearest_output run_nearest(const nearest_work& work) {
  const auto& points = *work.points;
  const size_t dimensions = points.dimensions;
  // Queries are the columns: they are packed once, and the points pass by them a block after the other.
  const packed_columns columns(work.queries, points.dimensions);
  prepared_rows block(points.dimensions, columns.kernels());
  std::vector<nearest_so_far> nearest(columns.count(), nearest_so_far(work.count));
  std::vector<int32_t> tile(prepared_rows::count_max * panel_columns);
  for (size_t first = 0; first < points.count(); first += prepared_rows::count_max) {
    const size_t rows = std::min(prepared_rows::count_max, points.count() - first);
    block.fill(points.values.subspan(first * dimensions, rows * dimensions));
    for (size_t p = 0; p < columns.panels(); ++p) {
      columns.kernels().multiply(block.data(), rows, columns.panel(p), columns.panel_count(p), points.dimensions,
                                 tile.data(), panel_columns);
      for (size_t c = 0; c < columns.panel_count(p); ++c)
        for (size_t r = 0; r < rows; ++r)
          nearest[p * panel_columns + c].offer(static_cast<uint32_t>(first + r), tile[r * panel_columns + c]);
    }
  }
  nearest_output out;
  for (auto& query : nearest)
    for (const auto& [point, product] : query.take()) {
      out.points.push_back(point);
      out.products.push_back(product);
    }
  return out;
}

} // namespace weft
