#include "tools/weft/ranking.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cmath>

namespace weft::cli {
namespace {

bool better(const ranked& a, const ranked& b) {
  return a.score != b.score ? a.score > b.score : a.order < b.order;
}

} // namespace

float cosine(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size())
    return 0;
  double dot = 0;
  double aa = 0;
  double bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    dot += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    aa += static_cast<double>(a[i]) * static_cast<double>(a[i]);
    bb += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  return aa > 0 && bb > 0 ? static_cast<float>(dot / std::sqrt(aa * bb)) : 0;
}

ranking::ranking(size_t keep) : keep_(keep) {
  WEFT_ASSERT(keep > 0);
}

void ranking::offer(float score, const text_place& place, const std::string& text) {
  const uint64_t order = offered_++;
  if (heap_.size() == keep_ && score <= heap_.front().score)
    return;
  if (heap_.size() == keep_) {
    std::pop_heap(heap_.begin(), heap_.end(), better);
    heap_.pop_back();
  }
  heap_.push_back({score, place, text, order});
  std::push_heap(heap_.begin(), heap_.end(), better);
}

std::vector<ranked> ranking::best() const {
  std::vector<ranked> sorted = heap_;
  std::sort(sorted.begin(), sorted.end(), better);
  return sorted;
}

} // namespace weft::cli
