#include "runtime/compute/cuda/points/points_desk.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/cuda/base/cuda_error.hpp"
#include "runtime/compute/cuda/points/kernel_arguments.hpp"
#include "runtime/compute/cuda/points/points_engine.hpp"
#include "runtime/points/held_shard.hpp"
#include "runtime/points/leaders.hpp"
#include "runtime/points/nearest.hpp"
#include "runtime/points/points_work.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace weft::cuda {

static_assert(kept_itself == no_leader);
static_assert(leader_points_max == leaders_points_max);
static_assert(nearest_count_max == top_count_max);

namespace {

template <class T> result<engine_output> as_output(result<T> output) {
  if (!output)
    return std::move(output.error());
  return engine_output{std::move(*output)};
}

} // namespace

/// The steps of take_step(), on the device.
struct points_desk::held_steps {
  held_points& held;

  const std::vector<int8_t>& centroids() const { return held.centroids; }
  status restart() {
    held.centroids.clear();
    return held.kmeans->restart();
  }
  result<uint64_t> assign(const std::vector<int8_t>& to) {
    WEFT_TRY(held.kmeans->write_centroids(to));
    held.centroids = to;
    return held.kmeans->assign();
  }
};

points_desk::points_desk(device_place at) : at_(std::move(at)), held_(held_points_max) {}

/// Points that others may ask for again make room for those that are wanted.
result<engine_output> points_desk::compute(const engine_work& work) {
  held_.sweep();
  auto output = compute_once(work);
  if (output || output.error().code != errc::overloaded || !held_.erase_all())
    return output;
  return compute_once(work);
}

result<engine_output> points_desk::compute_once(const engine_work& work) {
  if (const auto* clusters = std::get_if<kmeans_work>(&work))
    return as_output(cluster_on_device(*clusters, at_));
  if (const auto* pairs = std::get_if<similarity_work>(&work))
    return as_output(multiply_on_device(*pairs, at_));
  if (const auto* step = std::get_if<assign_work>(&work))
    return as_output(assign(*step));
  if (const auto* near = std::get_if<leaders_work>(&work))
    return as_output(lead(*near));
  if (const auto* nearest = std::get_if<nearest_work>(&work))
    return as_output(find_nearest(*nearest));
  const auto& rows = std::get<encode_work>(work);
  if (rows.encoding == vector_encoding::float32)
    return run_points(work); // a copy
  return as_output(encode_on_device(rows, at_));
}

result<points_desk::held_points> points_desk::take(const shared_points_ptr& points) {
  if (auto found = held_.take(points))
    return std::move(*found);
  auto uploaded = device_points::upload(points->values, points->dimensions, at_);
  if (!uploaded)
    return std::move(uploaded.error());
  return held_points{std::make_shared<const device_points>(std::move(*uploaded))};
}

result<assign_output> points_desk::assign(const assign_work& work) {
  const auto clusters = static_cast<uint32_t>(work.centroids.size() / work.points->dimensions);
  auto held = take(work.points);
  if (!held)
    return std::move(held.error());
  if (!held->kmeans || held->kmeans->clusters() != clusters) {
    held->kmeans.reset(); // its memory first
    held->centroids.clear();
    auto made = device_kmeans::make(held->points, clusters, at_);
    if (!made)
      return std::move(made.error());
    held->kmeans = std::move(*made);
  }
  auto output = step(*held, work);
  if (output)
    held_.put(work.points, std::move(*held));
  return output;
}

result<assign_output> points_desk::step(held_points& held, const assign_work& work) const {
  held_steps steps{held};
  const auto changed = take_step(steps, work);
  if (!changed)
    return changed.error();
  auto sums = held.kmeans->sums();
  if (!sums)
    return std::move(sums.error());
  assign_output out{*changed, std::move(sums->sums), std::move(sums->counts), {}, {}};
  if (work.wants_labels) {
    out.labels.resize(held.kmeans->points());
    out.similarities.resize(held.kmeans->points());
    WEFT_TRY(held.kmeans->read_points(out.labels, out.similarities));
  }
  return out;
}

result<leaders_output> points_desk::lead(const leaders_work& work) const {
  const auto points = device_points::upload(work.points->values, work.points->dimensions, at_);
  if (!points)
    return points.error();
  auto leaders = leaders_on_device(*points, work.similarity, at_);
  if (!leaders)
    return std::move(leaders.error());
  return leaders_output{std::move(*leaders)};
}

result<nearest_output> points_desk::find_nearest(const nearest_work& work) {
  auto held = take(work.points);
  if (!held)
    return std::move(held.error());
  const auto found = nearest_on_device(*held->points, work.queries, work.count, at_);
  if (!found)
    return found.error();
  held_.put(work.points, std::move(*held));
  nearest_output out;
  for (const auto& query : *found)
    for (const auto& [point, product] : query) {
      out.points.push_back(point);
      out.products.push_back(product);
    }
  return out;
}

} // namespace weft::cuda
