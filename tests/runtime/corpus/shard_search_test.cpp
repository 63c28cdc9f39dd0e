#include "runtime/corpus/shard_search.hpp"
#include "runtime/points/nearest.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"
#include "tests/runtime/corpus/dying_collective.hpp"
#include "tests/support/held_engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

using namespace weft;
using namespace weft::test;

namespace {

using hits = std::vector<std::vector<search_hit>>; // [queries]

std::vector<float> some_queries(uint64_t seed, size_t count, size_t dimensions) {
  random_source draw(seed);
  return clustered_rows(draw, count, dimensions, count, 1);
}

/// Every score, sorted.
hits search_plainly(const corpus_rows& all, const std::vector<float>& queries, const search_options& options,
                    bool by_rows) {
  const size_t d = all.dimensions;
  const auto points = quantize_points(all.values, all.dimensions);
  hits out;
  for (size_t q = 0; q * d < queries.size(); ++q) {
    const auto query = std::span(queries).subspan(q * d, d);
    const auto code = quantize_points(query, all.dimensions);
    auto& found = out.emplace_back();
    for (uint32_t i = 0; i < all.count(); ++i) {
      search_hit hit{i, 0};
      int32_t product = 0;
      for (size_t k = 0; k < d; ++k) {
        product += code.values[k] * points.values[i * d + k];
        hit.score += double{query[k]} * double{all.values[i * d + k]};
      }
      if (!by_rows)
        hit.score = cosine_of(product, code.scale, points.scale);
      found.push_back(hit);
    }
    std::sort(found.begin(), found.end(),
              [](auto& a, auto& b) { return a.score != b.score ? a.score > b.score : a.item < b.item; });
    found.resize(std::min<size_t>(found.size(), options.count));
  }
  return out;
}

rank_work<result<hits>> searching(const std::vector<float>& queries, const search_options& options, bool keep_rows) {
  return [=](corpus_group& group, corpus_rows rows) -> result<hits> {
    const auto shard = make_shard(group, std::move(rows), keep_rows);
    if (!shard)
      return shard.error();
    return search_corpus(group, *shard, queries, options);
  };
}

} // namespace

TEST_CASE("the nearest of all shards are the nearest of the whole, for every division") {
  const auto all = some_corpus(1, 300, 24);
  for (const auto& [count, options] :
       std::vector<std::pair<size_t, search_options>>{{1, {1}}, {3, {10}}, {70, {5}}, {2, {1'000}}}) {
    const auto queries = some_queries(count, count, 24);
    for (const bool by_rows : {false, true}) {
      const auto want = search_plainly(all, queries, options, by_rows);
      for (const auto& parts : all_divisions(300))
        CHECK(same_on_ranks<hits>(all, parts, searching(queries, options, by_rows)) == want);
    }
  }
}

TEST_CASE("whoever asks every shard by itself merges to the same") {
  const auto all = some_corpus(2, 200, 16);
  const auto queries = some_queries(3, 4, 16);
  const search_options options{7};
  const auto want = search_plainly(all, queries, options, true);
  for (const auto& parts : all_divisions(200)) {
    const auto found = on_ranks<result<hits>>(all, parts, [&](corpus_group& group, corpus_rows rows) -> result<hits> {
      const auto shard = make_shard(group, std::move(rows), true);
      if (!shard)
        return shard.error();
      return search_shard(*shard, queries, options);
    });
    for (size_t q = 0; q < 4; ++q) {
      std::vector<std::vector<search_hit>> of_shards;
      for (size_t r = found.size(); r-- > 0;) { // in any order
        REQUIRE(found[r]);
        of_shards.push_back((*found[r])[q]);
      }
      CHECK(merge_hits(of_shards, options) == want[q]);
    }
  }
}

TEST_CASE(
    "hits that are more than may travel at once travel in slices, and the search is answered on any number of ranks") {
  const auto all = some_corpus(5, 200, 8);
  const auto queries = some_queries(6, 10, 8);
  const search_options options{7};
  const auto want = search_plainly(all, queries, options, false);
  constexpr uint64_t query_bytes = 4 + 7 * 12; // of one rank
  for (const auto& parts : all_divisions(200)) {
    struct row {
      uint64_t bytes_max;
      uint64_t slices;
    };
    const uint64_t ranks = parts.size();
    for (const auto& [bytes_max, slices] :
         {row{1, 10}, row{query_bytes * ranks - 1, 10}, row{query_bytes * ranks * 3, 4},
          row{query_bytes * ranks * 5, 2}, row{query_bytes * ranks * 10 - 1, 2}, row{query_bytes * ranks * 10, 1},
          row{search_bytes_max, 1}}) {
      CAPTURE(ranks);
      CAPTURE(bytes_max);
      auto ends = make_thread_group(static_cast<uint32_t>(ranks));
      using answer = std::pair<result<hits>, uint64_t>; // and the verbs that it took
      const auto answers = on_each_rank<answer>(ends, [&, bytes_max = bytes_max](collective& end) -> answer {
        dying_collective port(std::move(ends[end.group().rank]), dying_collective::never);
        corpus_group group(port, patient);
        const auto shard = make_shard(group, part_of(all, parts[group.rank()]), false);
        if (!shard)
          return {shard.error(), 0};
        const uint64_t before = port.verbs();
        auto found = search_corpus(group, *shard, queries, options, bytes_max);
        return {std::move(found), port.verbs() - before};
      });
      for (const auto& [found, verbs] : answers) {
        REQUIRE(found);
        CHECK(*found == want);
        CHECK(verbs == 2 * slices);
      }
    }
  }
}

TEST_CASE("the most hits of many queries are found on many ranks too") {
  const auto all = some_corpus(6, 120, 4);
  const auto queries = some_queries(7, 70, 4); // on 8 ranks 42 fit at once
  const search_options options{search_count_max};
  const auto want = search_plainly(all, queries, options, false);
  CHECK(same_on_ranks<hits>(all, scattered(9, 120, 8), searching(queries, options, false)) == want);
}

TEST_CASE("of equally near items the lowest are found") {
  corpus_rows all{4, consecutive_items(0, 150), {}, std::vector<uint32_t>(150, 1), std::vector<std::string>(150)};
  for (int i = 0; i < 150; ++i)
    all.values.insert(all.values.end(), {0.5F, 0.5F, 0.5F, 0.5F});
  const std::vector<float> query{1, 0, 0, 0};
  for (const auto& parts : all_divisions(150)) {
    const auto found = same_on_ranks<hits>(all, parts, searching(query, {20}, false));
    REQUIRE(found[0].size() == 20);
    for (uint32_t i = 0; i < 20; ++i)
      CHECK(found[0][i].item == i);
  }
}

TEST_CASE("floats decide where points are alike") {
  // Two items with the same points, of which the second is nearer.
  corpus_rows all{2, {0, 1, 2}, {0.6F, 0.8F, 0.6002F, 0.7999F, -1, 0}, {1, 1, 1}, {"", "", ""}};
  const std::vector<float> query{1, 0};
  const auto by_points = same_on_ranks<hits>(all, in_ranges({1, 2}), searching(query, {1}, false));
  CHECK(by_points[0][0].item == 0);
  const auto by_rows = same_on_ranks<hits>(all, in_ranges({1, 2}), searching(query, {1}, true));
  CHECK(by_rows[0][0].item == 1);
  CHECK(by_rows[0][0].score == double{0.6002F});
}

TEST_CASE("a search is exact where many items are nearer to each other than their points are to them") {
  // 2 000 rows that differ from one direction by less than half a step of the points, in random order: their products
  // say nothing of which is nearest.
  constexpr size_t d = 16, count = 2'000;
  random_source draw(11);
  corpus_rows all{d, consecutive_items(0, count), {}, std::vector<uint32_t>(count, 1), std::vector<std::string>(count)};
  for (size_t i = 0; i < count; ++i) {
    std::vector<float> row(d);
    double squares = 0;
    for (auto& value : row) {
      value = 0.25F + 0.004F * static_cast<float>(draw.unit() - 0.5);
      squares += double{value} * value;
    }
    for (const float value : row)
      all.values.push_back(static_cast<float>(value / std::sqrt(squares)));
  }
  std::vector<float> queries;
  for (int q = 0; q < 5; ++q)
    for (size_t k = 0; k < d; ++k)
      queries.push_back(0.25F + 0.1F * static_cast<float>(draw.unit() - 0.5));
  const search_options options{10};
  const auto want = search_plainly(all, queries, options, true);
  REQUIRE(want != search_plainly(all, queries, options, false));
  for (const auto& parts : all_divisions(count))
    CHECK(same_on_ranks<hits>(all, parts, searching(queries, options, true)) == want);
}

TEST_CASE("the bound of a shard holds for each of its rows") {
  const auto all = some_corpus(8, 60, 24);
  auto ends = make_thread_group(1);
  corpus_group group(*ends[0], patient);
  auto rows = all;
  const auto shard = make_shard(group, std::move(rows), true);
  REQUIRE(shard);
  double longest = 0, farthest = 0;
  for (size_t i = 0; i < 60; ++i) {
    double squares = 0, errors = 0;
    for (size_t k = 0; k < 24; ++k) {
      const double value = all.values[i * 24 + k];
      squares += value * value;
      errors += std::pow(value - shard->points[i * 24 + k] / double{shard->scale()}, 2);
    }
    longest = std::max(longest, std::sqrt(squares));
    farthest = std::max(farthest, std::sqrt(errors));
  }
  CHECK(shard->row_length_max == doctest::Approx(longest));
  CHECK(shard->row_error_max == doctest::Approx(farthest));
  CHECK(farthest > 0);
}

TEST_CASE("vectors that are no numbers end last") {
  corpus_rows all{2, {0, 1}, {std::numeric_limits<float>::quiet_NaN(), 1, 1, 0}, {1, 1}, {"", ""}};
  const auto found = same_on_ranks<hits>(all, in_ranges({1, 1}), searching({0.8F, 0.6F}, {2}, true));
  CHECK(found[0][0].item == 1);
  CHECK(found[0][1].score == -1);
}

TEST_CASE("a search that cannot be is refused") {
  const auto all = some_corpus(4, 100, 8);
  const auto refused = [&](const std::vector<float>& queries, const search_options& options) {
    return failure_on_ranks<hits>(all, in_ranges({60, 40}), searching(queries, options, false)) ==
           errc::invalid_argument;
  };
  CHECK(refused({}, {}));
  CHECK(refused(std::vector<float>(9), {}));
  CHECK(refused(std::vector<float>(8 * (search_queries_max + 1)), {}));
  CHECK(refused(std::vector<float>(8), {0}));
  CHECK(refused(std::vector<float>(8), {search_count_max + 1}));
}

namespace {

corpus_shard whole_shard(const corpus_rows& all, bool keeps_rows) {
  corpus_shard shard{.dimensions = all.dimensions, .items = all.items};
  const auto points = quantize_points(all.values, all.dimensions);
  shard.points = points.values;
  shard.scale_exponent = std::ilogb(points.scale);
  REQUIRE(shard.scale() == points.scale);
  if (keeps_rows)
    keep_rows(shard, std::vector<float>(all.values));
  return shard;
}

} // namespace

TEST_CASE("an engine that has the points finds the same as this thread, also where more are alike than it gives") {
  for (const float spread : {0.8F, 0.02F}) // of 0.02 all of a topic are within what rounding may change
    for (const uint32_t items : {5u, 100u, 3'000u})
      for (const bool keeps_rows : {true, false}) {
        CAPTURE(spread);
        CAPTURE(items);
        const auto all = some_corpus(11, items, 24, 3, spread);
        const auto shard = std::make_shared<const corpus_shard>(whole_shard(all, keeps_rows));
        const auto queries = some_queries(12, 9, 24);
        for (const uint32_t count : {1u, 10u, 200u, 2'000u}) {
          const auto engine = std::make_shared<held_engine>();
          CHECK(search_shard_on(engine_of(engine), *shard, share_points(shard, 0, items), queries, {count}) ==
                search_shard(*shard, queries, {count}));
          CHECK(engine->asked == (std::min(count, items) <= nearest_count_max ? 1 : 0));
        }
      }
}

TEST_CASE("a search whose engine is lost, or answers what cannot be, is answered here") {
  const auto all = some_corpus(13, 500, 24);
  const auto shard = std::make_shared<const corpus_shard>(whole_shard(all, true));
  const auto points = share_points(shard, 0, 500);
  const auto queries = some_queries(14, 3, 24);
  const auto want = search_shard(*shard, queries, {10});
  const auto lost = std::make_shared<held_engine>();
  lost->answers_max = 0;
  CHECK(search_shard_on(engine_of(lost), *shard, points, queries, {10}) == want);
  const auto of = [](engine_output& output) -> nearest_output& { return std::get<nearest_output>(output); };
  for (const std::function<void(engine_output&)>& spoil :
       {std::function<void(engine_output&)>{[](engine_output& it) { it = similarity_output{}; }},
        {[&](engine_output& it) { of(it).points.pop_back(); }},
        {[&](engine_output& it) { of(it).products.push_back(0); }},
        {[&](engine_output& it) { of(it).points[130] = 500; }},
        {[&](engine_output& it) { std::swap(of(it).products[0], of(it).products[127]); }},
        {[&](engine_output& it) {
          of(it).points[1] = of(it).points[0];
          of(it).products[1] = of(it).products[0];
        }}}) {
    const auto liar = std::make_shared<held_engine>();
    liar->spoil = spoil;
    CHECK(search_shard_on(engine_of(liar), *shard, points, queries, {10}) == want);
  }
}
