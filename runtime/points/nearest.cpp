#include "runtime/points/nearest.hpp"

#include "runtime/points/query_products.hpp"

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
  std::vector<nearest_so_far> nearest(work.queries.size() / points.dimensions, nearest_so_far(work.count));
  query_products(work.queries, points.dimensions)
      .for_each(points.values, [&](size_t query, size_t point, int32_t product) {
        nearest[query].offer(static_cast<uint32_t>(point), product);
      });
  nearest_output out;
  for (auto& query : nearest)
    for (const auto& [point, product] : query.take()) {
      out.points.push_back(point);
      out.products.push_back(product);
    }
  return out;
}

} // namespace weft
