#include "runtime/points/points_work.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/points/encoding.hpp"
#include "runtime/points/held_shard.hpp"
#include "runtime/points/kmeans.hpp"
#include "runtime/points/leaders.hpp"
#include "runtime/points/nearest.hpp"
#include "runtime/points/similarity.hpp"

#include <string>
#include <variant>

namespace weft {

namespace {

failure fault(const char* what) {
  return {errc::internal, std::string("malformed work on points: ") + what};
}

std::optional<failure> fault_of(const shared_points_ptr& points, uint64_t count_max) {
  if (!points)
    return fault("no points");
  if (points->dimensions == 0 || points->dimensions > point_dimensions_max)
    return fault("dimensions");
  if (points->values.size() % points->dimensions != 0)
    return fault("points are cut");
  if (points->count() > count_max)
    return fault("too many points");
  return std::nullopt;
}

std::optional<failure> fault_of(const embed_batch&) {
  return std::nullopt;
}
std::optional<failure> fault_of(const kmeans_work& work) {
  return find_fault(work);
}
std::optional<failure> fault_of(const similarity_work& work) {
  return find_fault(work);
}
std::optional<failure> fault_of(const assign_work& work) {
  if (auto found = fault_of(work.points, kmeans_points_max))
    return found;
  const auto dimensions = work.points->dimensions;
  if (work.centroids.empty())
    return fault("no clusters");
  if (work.centroids.size() % dimensions != 0)
    return fault("centroids are cut");
  if (work.centroids.size() / dimensions > kmeans_clusters_max)
    return fault("too many clusters");
  if (!work.before.empty() && work.before.size() != work.centroids.size())
    return fault("other clusters than before");
  return std::nullopt;
}
std::optional<failure> fault_of(const leaders_work& work) {
  if (auto found = fault_of(work.points, leader_points_max))
    return found;
  if (work.similarity == 0 || work.similarity > similarity_one)
    return fault("similarity");
  return std::nullopt;
}
std::optional<failure> fault_of(const nearest_work& work) {
  if (auto found = fault_of(work.points, kmeans_points_max))
    return found;
  if (work.queries.size() % work.points->dimensions != 0)
    return fault("queries are cut");
  if (work.count == 0 || work.count > nearest_count_max)
    return fault("count");
  if (work.queries.size() / work.points->dimensions > nearest_results_max / work.count)
    return fault("too many queries");
  return std::nullopt;
}
std::optional<failure> fault_of(const encode_work& work) {
  if (work.dimensions == 0 || work.dimensions > point_dimensions_max)
    return fault("dimensions");
  if (work.rows.size() % work.dimensions != 0)
    return fault("rows are cut");
  if (static_cast<size_t>(work.encoding) >= vector_encoding_count)
    return fault("encoding");
  return std::nullopt;
}

engine_output run(const embed_batch&) {
  WEFT_ASSERT(false);
  return embed_vectors{};
}
engine_output run(const kmeans_work& work) {
  return run_kmeans(work);
}
engine_output run(const similarity_work& work) {
  return run_similarity(work);
}
engine_output run(const assign_work& work) {
  const auto clusters = static_cast<uint32_t>(work.centroids.size() / work.points->dimensions);
  return held_shard(*work.points, clusters).step(work);
}
engine_output run(const leaders_work& work) {
  return leaders_output{find_leaders(work.points->values, work.points->dimensions, work.similarity)};
}
engine_output run(const nearest_work& work) {
  return run_nearest(work);
}
engine_output run(const encode_work& work) {
  encode_output out;
  for (size_t at = 0; at < work.rows.size(); at += work.dimensions) {
    const auto row = encode(std::span(work.rows).subspan(at, work.dimensions), work.encoding);
    out.bytes += row.bytes;
    out.scales.push_back(row.scale);
  }
  return out;
}

uint64_t products(const embed_batch&) {
  return 0;
}
// points × dimensions are the bytes of the points.
uint64_t products(const kmeans_work& work) {
  return work.dimensions == 0
             ? 0
             : uint64_t{work.points.size()} * (work.centroids.size() / work.dimensions) * work.iterations_max;
}
uint64_t products(const similarity_work& work) {
  return work.dimensions == 0 ? 0 : uint64_t{work.rows.size()} * (work.columns.size() / work.dimensions);
}
uint64_t products(const assign_work& work) {
  if (!work.points || work.points->dimensions == 0)
    return 0;
  // Labels that are there already: an engine must not seem as fast as if it had found them.
  if (work.before == work.centroids)
    return work.points->count();
  return uint64_t{work.points->values.size()} * (work.centroids.size() / work.points->dimensions);
}
uint64_t products(const leaders_work& work) {
  return work.points ? uint64_t{work.points->values.size()} * work.points->count() / 2 : 0;
}
uint64_t products(const nearest_work& work) {
  if (!work.points || work.points->dimensions == 0)
    return 0;
  return uint64_t{work.points->values.size()} * (work.queries.size() / work.points->dimensions);
}
uint64_t products(const encode_work& work) {
  return work.rows.size();
}

} // namespace

std::optional<failure> find_points_fault(const engine_work& work) {
  return std::visit([](const auto& it) { return fault_of(it); }, work);
}

engine_output run_points(const engine_work& work) {
  return std::visit([](const auto& it) { return run(it); }, work);
}

uint64_t products_of(const engine_work& work) noexcept {
  return std::visit([](const auto& it) { return products(it); }, work);
}

} // namespace weft
