#include "runtime/compress/mega_plan.hpp"

#include "runtime/points/seed_centroids.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weft {
namespace {

constexpr uint64_t seed = 0x6d65'6761; // fixed: the same text gives the same tokens

// Multiplications of one k-means: a second or so of one core. Long texts with many clusters are given fewer iterations,
// of which the first ones do most.
constexpr uint64_t products_max = 100'000'000'000;
constexpr uint32_t iterations_min = 1;
constexpr uint32_t iterations_max = 25;

std::vector<float> direction_of(const std::vector<int64_t>& sum) {
  double squares = 0;
  for (const auto value : sum)
    squares += static_cast<double>(value) * static_cast<double>(value);
  const double length = std::sqrt(squares);
  std::vector<float> out(sum.size());
  for (size_t d = 0; d < sum.size() && length > 0; ++d)
    out[d] = static_cast<float>(static_cast<double>(sum[d]) / length);
  return out;
}

} // namespace

mega_plan::mega_plan(const document& source, const unit_vectors& vectors, uint32_t count)
    : source_(source), vectors_(vectors),
      clusters_(static_cast<uint32_t>(std::min<size_t>(count, source.units.size()))), done_(clusters_ == 0) {}

std::optional<engine_work> mega_plan::next() const {
  if (done_)
    return std::nullopt;
  kmeans_work work;
  work.dimensions = vectors_.dimensions;
  work.points = vectors_.values;
  work.centroids = seed_centroids(vectors_.values, vectors_.dimensions, clusters_, seed);
  const uint64_t products = uint64_t{vectors_.values.size()} * clusters_;
  work.iterations_max = static_cast<uint32_t>(
      std::clamp<uint64_t>(products_max / std::max<uint64_t>(1, products), iterations_min, iterations_max));
  return work;
}

status mega_plan::take(const engine_output& output) {
  const auto* found = std::get_if<kmeans_output>(&output);
  const auto units = static_cast<uint32_t>(source_.units.size());
  if (!found || done_ || found->labels.size() != units ||
      std::any_of(found->labels.begin(), found->labels.end(), [this](auto label) { return label >= clusters_; }))
    return failure{errc::internal, "an engine answered k-means with something else"};
  done_ = true;
  struct cluster {
    std::vector<int64_t> sum;
    uint64_t tokens = 0;
    std::vector<source_span> spans{};
    uint32_t last = 0; ///< unit
  };
  std::vector<cluster> clusters(clusters_);
  std::vector<uint32_t> order; // clusters, as the text first comes to them
  uint64_t all = 0;
  for (uint32_t unit = 0; unit < units; ++unit) {
    auto& mine = clusters[found->labels[unit]];
    const auto& here = source_.units[unit];
    // A unit without tokens (marks that the counter skips) still lies somewhere.
    const uint64_t weight = std::max<uint64_t>(1, source_.tokens[unit]);
    if (mine.spans.empty()) {
      order.push_back(found->labels[unit]);
      mine.sum.resize(vectors_.dimensions);
    }
    if (!mine.spans.empty() && mine.last + 1 == unit)
      mine.spans.back().end = here.end;
    else
      mine.spans.push_back({here.begin, here.end});
    mine.last = unit;
    const auto row = vectors_.of(unit);
    for (size_t d = 0; d < row.size(); ++d)
      mine.sum[d] += static_cast<int64_t>(weight) * row[d];
    mine.tokens += weight;
    all += weight;
  }
  for (const auto label : order) {
    auto& mine = clusters[label];
    tokens_.push_back(
        {direction_of(mine.sum), static_cast<double>(mine.tokens) / static_cast<double>(all), std::move(mine.spans)});
  }
  return ok;
}

} // namespace weft
