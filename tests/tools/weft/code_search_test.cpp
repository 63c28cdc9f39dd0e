#include "tools/weft/code_search.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>

using namespace weft;
using namespace weft::cli;

namespace {

constexpr size_t dimensions = 128;

using row = std::vector<float>;

void normalize(row& values) {
  double sum = 0;
  for (const float x : values)
    sum += static_cast<double>(x) * static_cast<double>(x);
  for (float& x : values)
    x /= static_cast<float>(std::sqrt(sum));
}

/// Vectors of length 1, and queries near to some of them. offset: how far all lie to one side.
struct library {
  std::vector<row> documents, queries;

  explicit library(size_t count, float offset = 0, unsigned seed = 5) {
    std::minstd_rand random{seed};
    const auto draw = [&] { return static_cast<float>(random() % 2'001) / 1'000 - 1; };
    row side(dimensions);
    for (float& x : side)
      x = offset * draw();
    for (size_t i = 0; i < count; ++i) {
      row document(dimensions), query(dimensions);
      for (size_t d = 0; d < dimensions; ++d) {
        document[d] = draw() + side[d];
        query[d] = document[d] + 0.3F * draw();
      }
      normalize(document);
      documents.push_back(std::move(document));
      if (i % 16 != 0)
        continue;
      normalize(query);
      queries.push_back(std::move(query));
    }
  }

  code_search searched_by(code_search_options options) const {
    code_search out{options};
    for (size_t i = 0; i < documents.size(); ++i)
      REQUIRE(out.add(documents[i], {"f", i + 1}, "text " + std::to_string(i)));
    out.finish();
    return out;
  }

  /// Share of the 10 nearest by full vectors that are found.
  double recall(const code_search& by) const {
    size_t found = 0;
    for (const auto& query : queries) {
      ranking exact{10};
      for (size_t i = 0; i < documents.size(); ++i)
        exact.offer(cosine(query, documents[i]), {"f", i + 1}, "");
      std::set<uint64_t> wanted;
      for (const auto& r : exact.best())
        wanted.insert(r.order);
      for (const auto& r : by.best(query, 10))
        found += wanted.count(r.order);
    }
    return static_cast<double>(found) / static_cast<double>(10 * queries.size());
  }
};

} // namespace

TEST_CASE("the text a query was made of is found by every kind of code, with its place and a score near the cosine") {
  const library texts{320};
  for (const auto& options :
       {code_search_options{}, {.rescore = 0}, {.center = true}, {.codes = vector_encoding::int8}}) {
    const auto by = texts.searched_by(options);
    for (size_t q = 0; q < texts.queries.size(); ++q) {
      const auto best = by.best(texts.queries[q], 3);
      REQUIRE(best.size() == 3);
      CHECK(best[0].order == 16 * q);
      CHECK(best[0].place.line == 16 * q + 1);
      CHECK(best[0].text == "text " + std::to_string(16 * q));
      CHECK(best[0].score >= best[1].score);
      const double wanted = cosine(texts.queries[q], texts.documents[16 * q]);
      if (options.codes == vector_encoding::int8 || options.rescore > 0)
        CHECK(best[0].score == doctest::Approx(wanted).epsilon(0.02));
    }
  }
}

TEST_CASE("the score of codes alone counts bits") {
  const library texts{32};
  const auto by = texts.searched_by({.rescore = 0});
  const auto best = by.best(texts.queries[1], 1).at(0);
  const auto code = [](const row& x) { return encode(x, vector_encoding::binary); };
  CHECK(best.score == static_cast<float>(score(code(texts.queries[1]), code(texts.documents[16]))));
  CHECK(by.code_bytes() == 16);
  CHECK(by.rescored_bytes() == 0);
}

TEST_CASE("scoring again finds what codes alone lose, and the mean what codes on one side lose") {
  const library texts{800};
  const double alone = texts.recall(texts.searched_by({.rescore = 0}));
  const double again = texts.recall(texts.searched_by({}));
  CHECK(again > alone + 0.3);
  const library aside{800, 4};
  CHECK(aside.recall(aside.searched_by({.center = true})) > aside.recall(aside.searched_by({})) + 0.2);
}

TEST_CASE("a mean that is learnt from the first texts serves those behind them") {
  const library texts{1'200, 4};
  const auto all = texts.searched_by({.center = true}).best(texts.queries.back(), 2'000);
  CHECK(all.size() == 1'200);
  std::set<uint64_t> orders;
  for (const auto& r : all)
    orders.insert(r.order);
  CHECK(orders.size() == 1'200);
  CHECK(all.front().order == 1'184);
}

TEST_CASE("no more is kept than it may, and strange vectors do no harm") {
  const library texts{4};
  code_search little{{.bytes_max = 2'000}};
  CHECK(little.add(texts.documents[0], {"f", 1}, "text"));
  CHECK_FALSE(little.add(texts.documents[1], {"f", 2}, std::string(2'000, 'x')));

  for (const bool center : {false, true}) {
    code_search by{{.center = center}};
    CHECK(by.add(texts.documents[0], {"f", 1}, "sound"));
    CHECK(by.add(row(3, std::numeric_limits<float>::quiet_NaN()), {"f", 2}, "short"));
    CHECK(by.add(row(300, std::numeric_limits<float>::infinity()), {"f", 3}, "long"));
    by.finish();
    CHECK(by.best(texts.documents[0], 5).at(0).text == "sound");
    CHECK(by.best({}, 5).size() == 3);

    code_search none{{.center = center}};
    none.finish();
    CHECK(none.best(texts.documents[0], 5).empty());
    CHECK(none.add({}, {"f", 1}, "empty"));
  }
}
