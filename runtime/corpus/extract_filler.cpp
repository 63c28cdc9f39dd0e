#include "runtime/corpus/extract_filler.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace weft {

extract_filler::extract_filler(std::span<const uint32_t> weights, uint64_t budget)
    : sources_(weights.size()), left_(budget) {
  WEFT_ASSERT(budget <= extract_tokens_max);
  for (uint32_t c = 0; c < weights.size(); ++c) {
    WEFT_ASSERT(weights[c] < 1U << 23);
    sources_[c].weight = weights[c];
    if (weights[c] > 0)
      turn_.push_back(c);
  }
  std::make_heap(turn_.begin(), turn_.end(), [this](uint32_t a, uint32_t b) { return is_later(a, b); });
}

/// used(a) / weight(a) > used(b) / weight(b), in integers.
bool extract_filler::is_later(uint32_t a, uint32_t b) const noexcept {
  const auto& x = sources_[a];
  const auto& y = sources_[b];
  const uint64_t mine = x.used * y.weight, other = y.used * x.weight;
  if (mine != other)
    return mine > other;
  return x.weight != y.weight ? x.weight < y.weight : a > b;
}

std::vector<uint32_t> extract_filler::run() {
  const auto later = [this](uint32_t a, uint32_t b) { return is_later(a, b); };
  while (left_ > 0 && !turn_.empty()) {
    const uint32_t cluster = turn_.front();
    auto& from = sources_[cluster];
    if (from.waiting.empty() && !from.last)
      break;
    std::pop_heap(turn_.begin(), turn_.end(), later);
    if (pick_from(cluster))
      std::push_heap(turn_.begin(), turn_.end(), later);
    else
      turn_.pop_back();
  }
  if (left_ == 0)
    return {};
  std::vector<uint32_t> missing;
  for (const uint32_t cluster : turn_)
    if (sources_[cluster].waiting.empty() && !sources_[cluster].last)
      missing.push_back(cluster);
  std::sort(missing.begin(), missing.end());
  return missing;
}

/// Takes the cluster's next item that fits. False: the cluster has nothing any more.
bool extract_filler::pick_from(uint32_t cluster) {
  auto& from = sources_[cluster];
  while (!from.waiting.empty()) {
    const auto next = from.waiting.front();
    from.waiting.pop_front();
    if (next.tokens > left_)
      continue;
    picks_.push_back({next.item, cluster, next.tokens});
    from.used += next.tokens;
    left_ -= next.tokens;
    return true;
  }
  return !from.last;
}

void extract_filler::add(uint32_t cluster, std::span<const extract_candidate> candidates, bool last) {
  auto& to = sources_[cluster];
  WEFT_ASSERT(to.waiting.empty());
  WEFT_ASSERT(last || !candidates.empty());
  to.waiting.assign(candidates.begin(), candidates.end());
  to.last = last;
}

} // namespace weft
