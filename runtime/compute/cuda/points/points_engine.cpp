#include "runtime/compute/cuda/points/points_engine.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/cuda/base/cuda_error.hpp"
#include "runtime/compute/cuda/points/device_kmeans.hpp"
#include "runtime/compute/cuda/points/device_values.hpp"
#include "runtime/compute/cuda/points/kmeans_loop.hpp"
#include "runtime/compute/cuda/points/points_kernels.hpp"

#include <algorithm>
#include <string>

namespace weft::cuda {

namespace {

constexpr size_t products_max = 16U << 20; ///< of queries with a part of the points

row_code code_of(vector_encoding encoding) {
  switch (encoding) {
  case vector_encoding::float16:
    return row_code::float16;
  case vector_encoding::int8:
    return row_code::int8;
  case vector_encoding::binary:
  case vector_encoding::float32:
    break;
  }
  WEFT_ASSERT(encoding == vector_encoding::binary);
  return row_code::binary;
}

} // namespace

result<kmeans_output> cluster_on_device(const kmeans_work& work, const device_place& at) {
  const auto clusters = static_cast<uint32_t>(work.centroids.size() / work.dimensions);
  auto steps = device_kmeans::make(work.points, work.dimensions, clusters, at);
  if (!steps)
    return steps.error();
  WEFT_TRY(steps->write_centroids(work.centroids));
  const auto squares = steps->sum_of_squares();
  if (!squares)
    return squares.error();
  steps->set_radius(radius_of(*squares, steps->points()));
  const auto iterations = iterate_kmeans(*steps, work.iterations_max);
  if (!iterations)
    return iterations.error();
  kmeans_output out{std::vector<uint32_t>(steps->points()), std::vector<int32_t>(steps->points()),
                    std::vector<int8_t>(work.centroids.size()), *iterations};
  WEFT_TRY(steps->read_points(out.labels, out.similarities));
  WEFT_TRY(steps->read_centroids(out.centroids));
  return out;
}

result<similarity_output> multiply_on_device(const similarity_work& work, const device_place& at) {
  const auto rows = device_points::upload(work.rows, work.dimensions, at);
  if (!rows)
    return rows.error();
  const auto columns = device_points::upload(work.columns, work.dimensions, at);
  if (!columns)
    return columns.error();
  similarity_output out{std::vector<int32_t>(size_t{rows->count()} * columns->count())};
  if (out.products.empty())
    return out;
  const auto products = at.memory->allocate_for<int32_t>(out.products.size(), at.order->get());
  if (!products)
    return products.error();
  WEFT_TRY(start(similarity_arguments{{rows->data(), columns->data(), rows->count(), columns->count(), rows->stride()},
                                      products->as<int32_t>()},
                 *at.order));
  WEFT_TRY(read_values(std::span(out.products), *products, *at.order));
  return out;
}

result<std::vector<std::vector<nearest_point>>> nearest_on_device(const device_points& points,
                                                                  std::span<const int8_t> queries, uint32_t count,
                                                                  const device_place& at) {
  WEFT_ASSERT(count > 0);
  WEFT_ASSERT(count <= top_count_max);
  const auto rows = device_points::upload(queries, points.dimensions(), at);
  if (!rows)
    return rows.error();
  std::vector<std::vector<nearest_point>> out(rows->count());
  if (out.empty() || points.count() == 0)
    return out;
  const auto best = filled_values<uint64_t>(size_t{rows->count()} * count, 0, at); // key 0: no point
  if (!best)
    return best.error();
  const auto part = static_cast<uint32_t>(
      std::min<size_t>(points.count(), std::max<size_t>(tile_columns, products_max / rows->count())));
  const auto products = at.memory->allocate_for<int32_t>(size_t{rows->count()} * part, at.order->get());
  if (!products)
    return products.error();
  for (uint32_t first = 0; first < points.count(); first += part) {
    const uint32_t columns = std::min(part, points.count() - first);
    WEFT_TRY(start(similarity_arguments{{rows->data(), points.data() + size_t{first} * points.stride(), rows->count(),
                                         columns, points.stride()},
                                        products->as<int32_t>()},
                   *at.order));
    WEFT_TRY(start(top_arguments{products->as<int32_t>(), best->as<uint64_t>(), columns, first, rows->count(), count},
                   *at.order));
  }
  std::vector<uint64_t> keys(out.size() * count);
  WEFT_TRY(read_values(std::span(keys), *best, *at.order));
  for (size_t i = 0; i < keys.size(); ++i)
    if (keys[i] != 0)
      out[i / count].push_back({column_of_key(keys[i]), product_of_key(keys[i])});
  return out;
}

result<std::vector<uint32_t>> leaders_on_device(const device_points& points, uint32_t similarity,
                                                const device_place& at) {
  const uint32_t count = points.count();
  WEFT_ASSERT(count <= leaders_points_max);
  WEFT_ASSERT(similarity > 0);
  WEFT_ASSERT(similarity <= 10'000);
  std::vector<uint32_t> out(count);
  if (count == 0)
    return out;
  const uint32_t words = near_words(count);
  const auto lengths = at.memory->allocate_for<uint32_t>(count, at.order->get());
  if (!lengths)
    return lengths.error();
  const auto leaders = at.memory->allocate_for<uint32_t>(count, at.order->get());
  if (!leaders)
    return leaders.error();
  const auto near = at.memory->allocate_for<uint32_t>(size_t{count} * words, at.order->get());
  if (!near)
    return near.error();
  WEFT_TRY(start(lengths_arguments{points.data(), lengths->as<uint32_t>(), count, points.stride()}, *at.order));
  WEFT_TRY(start(near_pairs_arguments{{points.data(), points.data(), count, count, points.stride()},
                                      lengths->as<uint32_t>(),
                                      similarity,
                                      near->as<uint32_t>(),
                                      words},
                 *at.order));
  WEFT_TRY(start(leaders_arguments{near->as<uint32_t>(), leaders->as<uint32_t>(), count, words}, *at.order));
  WEFT_TRY(read_values(std::span(out), *leaders, *at.order));
  return out;
}

result<encode_output> encode_on_device(const encode_work& work, const device_place& at) {
  WEFT_ASSERT(work.dimensions > 0);
  WEFT_ASSERT(work.dimensions <= pack_dimensions_max);
  const size_t count = work.rows.size() / work.dimensions;
  WEFT_ASSERT(work.rows.size() == count * work.dimensions);
  encode_output out;
  if (count == 0)
    return out;
  const size_t bytes = packed_bytes(work.encoding, work.dimensions);
  const auto values = uploaded_values(std::span(work.rows), at);
  if (!values)
    return values.error();
  const auto codes = at.memory->allocate_for<unsigned char>(count * bytes, at.order->get());
  if (!codes)
    return codes.error();
  const auto scales = at.memory->allocate_for<float>(count, at.order->get());
  if (!scales)
    return scales.error();
  WEFT_TRY(start(code_of(work.encoding),
                 pack_arguments{values->as<float>(), codes->as<unsigned char>(), scales->as<float>(), 1,
                                static_cast<uint32_t>(count), work.dimensions, static_cast<uint32_t>(bytes)},
                 *at.order));
  out.bytes.resize(count * bytes);
  out.scales.assign(count, 1);
  WEFT_TRY(read_values(std::span(out.bytes), *codes, *at.order));
  if (work.encoding == vector_encoding::int8)
    WEFT_TRY(read_values(std::span(out.scales), *scales, *at.order));
  return out;
}

} // namespace weft::cuda
