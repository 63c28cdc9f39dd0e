#include "runtime/points/rescore.hpp"
#include "tests/runtime/points/random_points.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

namespace {

using namespace weft;

constexpr uint32_t dimensions = 384;

/// Documents and queries around the same topics; with an offset that all share, as real embeddings have one.
struct library {
  std::vector<std::vector<float>> documents, queries;
  std::vector<float> sample; ///< the documents, packed

  library(uint64_t seed, float offset) {
    random_source draw(seed);
    constexpr size_t documents_count = 1'500, queries_count = 60;
    sample = clustered_rows(draw, documents_count + queries_count, dimensions, 60, 1.2F);
    std::vector<float> common(dimensions);
    for (auto& x : common)
      x = offset * nearly_normal(draw) / 20;
    for (size_t r = 0; r < documents_count + queries_count; ++r) {
      float* const row = sample.data() + r * dimensions;
      for (size_t d = 0; d < dimensions; ++d)
        row[d] += common[d];
      normalize(row, dimensions);
      (r < documents_count ? documents : queries).emplace_back(row, row + dimensions);
    }
    sample.resize(documents_count * dimensions);
  }

  std::vector<packed_vector> encoded(vector_encoding encoding, const calibration* center = nullptr) const {
    std::vector<packed_vector> codes;
    for (const auto& row : documents)
      codes.push_back(center ? encode(center->centered(row), encoding) : encode(row, encoding));
    return codes;
  }
};

/// Share of the exact top 10 that `find(query)` has, over all queries.
template <class Find> double recall(const library& texts, Find find) {
  const auto exact = texts.encoded(vector_encoding::float32);
  size_t found = 0;
  for (const auto& query : texts.queries) {
    std::set<uint32_t> wanted;
    for (const auto& m : nearest_codes(encode(query, vector_encoding::float32), exact, 10))
      wanted.insert(m.index);
    for (const auto& m : find(query))
      found += wanted.count(m.index);
  }
  return static_cast<double>(found) / static_cast<double>(10 * texts.queries.size());
}

} // namespace

TEST_CASE("int8 keeps the top 10") {
  const library texts(1, 0);
  const auto codes = texts.encoded(vector_encoding::int8);
  CHECK(recall(texts, [&](const auto& query) {
          return nearest_codes(encode(query, vector_encoding::int8), codes, 10);
        }) >= 0.98);
}

TEST_CASE("binary codes, rescored by int8, keep the top 10") {
  const library texts(2, 0);
  const auto codes = texts.encoded(vector_encoding::binary), documents = texts.encoded(vector_encoding::int8);
  CHECK(recall(texts, [&](const auto& query) { return search(query, codes, documents, {}); }) >= 0.98);
}

TEST_CASE("where all vectors lie to one side, a calibration saves what binary codes would lose") {
  const library texts(3, 2);
  const auto learnt = learn_calibration(std::span(texts.sample).first(500 * dimensions), dimensions);
  const auto plain = texts.encoded(vector_encoding::binary),
             calibrated = texts.encoded(vector_encoding::binary, &learnt);
  const auto documents = texts.encoded(vector_encoding::int8);
  const double without = recall(texts, [&](const auto& query) { return search(query, plain, documents, {}); });
  const double with =
      recall(texts, [&](const auto& query) { return search(query, calibrated, documents, {.center = &learnt}); });
  CAPTURE(without);
  CHECK(with >= 0.97);
  CHECK(with > without + 0.02);
}

TEST_CASE("equal scores go to the lowest index, and fewer documents give fewer matches") {
  const std::vector<float> row{1, 0, 1};
  const std::vector<packed_vector> codes(3, encode(row, vector_encoding::binary)),
      documents(3, encode(row, vector_encoding::int8));
  const auto found = search(row, codes, documents, {.count = 2});
  REQUIRE(found.size() == 2);
  CHECK(found[0].index == 0);
  CHECK(found[1].index == 1);
  CHECK(found[0].score == doctest::Approx(2));
  CHECK(search(row, codes, documents, {}).size() == 3);
  CHECK(search(row, {}, {}, {}).empty());
  CHECK(rescore(row, std::vector<match>{{2, 0}, {1, 0}}, documents, 1).front().index == 1);
}
