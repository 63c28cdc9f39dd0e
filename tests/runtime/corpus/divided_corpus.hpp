#pragma once

#include "runtime/compute/collective/thread_group.hpp"
#include "runtime/corpus/corpus_shard.hpp"
#include "runtime/corpus/shard_clusters.hpp"
#include "runtime/points/quantize.hpp"
#include "tests/runtime/points/random_points.hpp"
#include "tests/support/rank_threads.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {

/// No test comes near; a rank that hangs fails its test instead of stopping it.
inline constexpr std::chrono::milliseconds patient{120'000};

/// Items of topics, each seventh a near copy of an earlier one: topics make clusters, copies duplicates.
inline corpus_rows some_corpus(uint64_t seed, uint32_t items, uint32_t dimensions, size_t topics = 6,
                               float spread = 0.8F) {
  random_source draw(seed);
  corpus_rows all{
      dimensions, consecutive_items(0, items), clustered_rows(draw, items, dimensions, topics, spread), {}, {}};
  for (uint32_t i = 7; i < items; i += 7) {
    const uint32_t of = draw.below(i);
    for (size_t d = 0; d < dimensions; ++d)
      all.values[i * dimensions + d] = all.values[of * dimensions + d] + 0.01F * nearly_normal(draw);
    normalize(all.values.data() + i * dimensions, dimensions);
  }
  for (uint32_t i = 0; i < items; ++i) {
    all.tokens.push_back(3 + draw.below(40));
    all.sources.push_back("text " + std::to_string(i));
  }
  return all;
}

/// What a rank has of it.
inline corpus_rows part_of(const corpus_rows& all, const std::vector<uint32_t>& items) {
  corpus_rows part{items.empty() ? 0 : all.dimensions, items, {}, {}, {}};
  for (const uint32_t item : items) {
    const auto row = std::span(all.values).subspan(size_t{item} * all.dimensions, all.dimensions);
    part.values.insert(part.values.end(), row.begin(), row.end());
    part.tokens.push_back(all.tokens[item]);
    part.sources.push_back(all.sources[item]);
  }
  return part;
}

/// The items of each rank.
using division = std::vector<std::vector<uint32_t>>;

/// One range after the other.
inline division in_ranges(const std::vector<uint32_t>& sizes) {
  division out;
  uint32_t first = 0;
  for (const uint32_t size : sizes) {
    out.push_back(consecutive_items(first, size));
    first += size;
  }
  return out;
}

/// Each item anywhere.
inline division scattered(uint64_t seed, uint32_t items, uint32_t ranks) {
  random_source draw(seed);
  division out(ranks);
  for (uint32_t item = 0; item < items; ++item)
    out[draw.below(ranks)].push_back(item);
  return out;
}

/// 1, 2, 3 and 8 ranks, even and uneven, with empty ones. REQUIRES: items >= 100.
inline std::vector<division> all_divisions(uint32_t items) {
  return {in_ranges({items}),
          in_ranges({1, items - 1}),
          in_ranges({items / 2, items - items / 2}),
          in_ranges({items, 0, 0}),
          in_ranges({0, items / 3, items - items / 3}),
          scattered(3, items, 3),
          in_ranges({7, 0, 40, 1, items - 100, 0, 52, 0}),
          scattered(8, items, 8)};
}

template <class Result> using rank_work = std::function<Result(corpus_group&, corpus_rows)>;

/// Runs on one thread a rank, each with its part.
template <class Result>
std::vector<Result> on_ranks(const corpus_rows& all, const division& parts, const rank_work<Result>& work) {
  auto ends = make_thread_group(static_cast<uint32_t>(parts.size()));
  return on_each_rank<Result>(ends, [&](collective& end) {
    corpus_group group(end, patient);
    return work(group, part_of(all, parts[group.rank()]));
  });
}

/// What every rank says, which has to be the same.
template <class Value>
Value same_on_ranks(const corpus_rows& all, const division& parts, const rank_work<result<Value>>& work) {
  const auto outcomes = on_ranks<result<Value>>(all, parts, work);
  REQUIRE(outcomes.size() == parts.size());
  for (const auto& outcome : outcomes) {
    REQUIRE(outcome);
    CHECK(*outcome == *outcomes.front());
  }
  return *outcomes.front();
}

/// What every rank fails with.
template <class Value>
errc failure_on_ranks(const corpus_rows& all, const division& parts, const rank_work<result<Value>>& work) {
  const auto outcomes = on_ranks<result<Value>>(all, parts, work);
  REQUIRE(outcomes.size() == parts.size());
  for (const auto& outcome : outcomes) {
    REQUIRE(!outcome);
    CHECK(outcome.error().code == outcomes.front().error().code);
    CHECK(!outcome.error().message.empty());
  }
  return outcomes.front().error().code;
}

/// The whole as points, in one place.
inline std::vector<int8_t> points_of(const corpus_rows& all) {
  return quantize_points(all.values, all.dimensions).values;
}

/// A rank's shard, labelled by one assignment to these centroids, and so all that comes after k-means has to begin
/// with.
struct labelled_shard {
  corpus_shard shard;
  assigned_points points;
};
inline result<labelled_shard> label(corpus_group& group, corpus_rows rows, const std::vector<int8_t>& centroids) {
  auto shard = make_shard(group, std::move(rows), false);
  if (!shard)
    return shard.error();
  const auto clusters = static_cast<uint32_t>(centroids.size() / shard->dimensions);
  shard_clusters assigning(shard->dimensions, {1, true, 0, centroids}, 1, make_cpu_assigner(*shard, clusters));
  auto points = assigning.points(group);
  if (!points)
    return points.error();
  return labelled_shard{std::move(*shard), std::move(*points)};
}

} // namespace weft::test
