#include "runtime/compress/coverage_meter.hpp"
#include "runtime/compress/mega_plan.hpp"
#include "runtime/compress/select/token_counter.hpp"
#include "runtime/compress/text/split.hpp"
#include "runtime/compress/unit_interest.hpp"
#include "tests/runtime/compress/run_support.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace weft;
using namespace weft::test;

namespace {

document split_and_counted(std::string_view text) {
  auto out = *split_text(text);
  count_units(out, fake_wordpiece);
  return out;
}

vector_intake embedded(const document& source, std::string_view query = "") {
  vector_intake out{source, query};
  while (const auto need = out.next())
    REQUIRE(out.take(fake_embeddings(need->texts)));
  return out;
}

std::vector<float> as_floats(const document& source) {
  std::vector<float> out;
  for (uint32_t i = 0; i < source.units.size(); ++i)
    for (const auto value : fake_embedding(source.of(i)))
      out.push_back(value);
  return out;
}

/// The mean over all units of the best cosine to a kept one, at least 0, from floats.
double exact_coverage(const std::vector<float>& vectors, const std::vector<uint32_t>& kept) {
  const auto cosine = [&](size_t a, size_t b) {
    double sum = 0;
    for (size_t d = 0; d < fake_dimensions; ++d)
      sum +=
          static_cast<double>(vectors[a * fake_dimensions + d]) * static_cast<double>(vectors[b * fake_dimensions + d]);
    return sum;
  };
  const size_t units = vectors.size() / fake_dimensions;
  double sum = 0;
  for (size_t i = 0; i < units; ++i) {
    double best = 0;
    for (const auto j : kept)
      best = std::max(best, cosine(i, j));
    sum += std::min(best, 1.0);
  }
  return sum / static_cast<double>(units);
}

/// The cosine of the sums of all vectors and of the kept ones, weighted by tokens, at least 0, from floats.
double exact_fidelity(const std::vector<float>& vectors, const std::vector<uint32_t>& tokens,
                      const std::vector<uint32_t>& kept) {
  double both = 0;
  double all_squares = 0;
  double kept_squares = 0;
  for (size_t d = 0; d < fake_dimensions; ++d) {
    double all = 0;
    double part = 0;
    for (size_t i = 0; i < tokens.size(); ++i)
      all += tokens[i] * static_cast<double>(vectors[i * fake_dimensions + d]);
    for (const auto i : kept)
      part += tokens[i] * static_cast<double>(vectors[i * fake_dimensions + d]);
    both += all * part;
    all_squares += all * all;
    kept_squares += part * part;
  }
  const double lengths = std::sqrt(all_squares * kept_squares);
  return lengths > 0 ? std::max(both / lengths, 0.0) : 0;
}

} // namespace

TEST_CASE("coverage is the mean of the best cosine to a kept unit") {
  // Four of two dimensions; the last is the opposite of the first, which counts as 0.
  const unit_vectors vectors{.dimensions = 2, .scale = 100, .values = {100, 0, 0, 100, 60, 80, -100, 0}};
  coverage_meter meter{vectors, {{0}, {0, 1}, {}}};
  while (const auto work = meter.next())
    REQUIRE(meter.take(run_points(*work)));
  CHECK(meter.coverage(0) == doctest::Approx((1 + 0 + 0.6 + 0) / 4));
  CHECK(meter.coverage(1) == doctest::Approx((1 + 1 + 0.8 + 0) / 4));
  CHECK(meter.coverage(2) == 0);
}

TEST_CASE("fidelity is the cosine of mean vectors, weighted by tokens") {
  const unit_vectors vectors{.dimensions = 2, .scale = 100, .values = {100, 0, 0, 100}};
  const std::vector<uint32_t> tokens{3, 4};
  struct row {
    std::vector<uint32_t> kept;
    double want;
  };
  for (const auto& [kept, want] : {row{{0, 1}, 1}, row{{0}, 0.6}, row{{1}, 0.8}, row{{}, 0}})
    CHECK(fidelity_of(vectors, tokens, kept) == doctest::Approx(want));
}

TEST_CASE("vectors are asked for once a unit, the query last, and kept as 8 bits that say nearly the same") {
  const auto text = random_prose(1, 50);
  const auto source = split_and_counted(text);
  vector_intake intake{source, "the query"};
  const auto need = intake.next();
  REQUIRE(need);
  REQUIRE(need->texts.size() == source.units.size() + 1);
  CHECK(need->texts[3] == source.of(3));
  CHECK(need->texts.back() == "the query");
  REQUIRE(intake.take(fake_embeddings(need->texts)));
  CHECK_FALSE(intake.next());
  const auto& all = intake.all();
  CHECK(all.values.size() == source.units.size() * fake_dimensions);
  CHECK(all.query.size() == fake_dimensions);
  const auto a = fake_embedding(source.of(3));
  const auto b = fake_embedding("the query");
  double cosine = 0;
  for (size_t i = 0; i < a.size(); ++i)
    cosine += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  CHECK(static_cast<double>(product_of(all.of(3), all.query)) / static_cast<double>(all.one()) ==
        doctest::Approx(cosine).epsilon(0.02));
}

TEST_CASE("coverage and fidelity from 8 bits are those from floats, to the second decimal") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const auto text = random_prose(seed, 80);
    const auto source = split_and_counted(text);
    const auto intake = embedded(source);
    const auto floats = as_floats(source);
    const std::vector<std::vector<uint32_t>> extracts = {{0, 1, 2}, {5, 40, 41, 77}, {}};
    coverage_meter meter{intake.all(), extracts};
    while (const auto work = meter.next())
      REQUIRE(meter.take(run_points(*work)));
    for (size_t i = 0; i < extracts.size(); ++i) {
      CHECK(std::abs(meter.coverage(i) - exact_coverage(floats, extracts[i])) < 0.01);
      CHECK(std::abs(fidelity_of(intake.all(), source.tokens, extracts[i]) -
                     exact_fidelity(floats, source.tokens, extracts[i])) < 0.01);
    }
  }
}

TEST_CASE("a text kept whole is covered whole, and a long one is measured on a sample near the truth") {
  const auto text = random_prose(6, 5'000);
  const auto source = split_and_counted(text);
  const auto intake = embedded(source);
  REQUIRE(source.units.size() > coverage_sample_max);
  std::vector<uint32_t> all;
  std::vector<uint32_t> some;
  for (uint32_t i = 0; i < source.units.size(); ++i) {
    all.push_back(i);
    if (i % 50 == 7)
      some.push_back(i);
  }
  coverage_meter meter{intake.all(), {all, some}};
  while (const auto work = meter.next())
    REQUIRE(meter.take(run_points(*work)));
  CHECK(meter.coverage(0) == 1);
  CHECK(std::abs(meter.coverage(1) - exact_coverage(as_floats(source), some)) < 0.015);
}

TEST_CASE("mega-tokens have length 1, share the tokens, and their spans are all units, neighbours joined") {
  const auto text = random_prose(8, 60);
  const auto source = split_and_counted(text);
  const auto intake = embedded(source);
  for (const uint32_t count : {1U, 5U, 1'000U}) {
    CAPTURE(count);
    mega_plan plan{source, intake.all(), count};
    REQUIRE(plan.take(run_points(*plan.next())));
    CHECK_FALSE(plan.next());
    const auto tokens = plan.take_tokens();
    CHECK(tokens.size() <= std::min<size_t>(count, source.units.size()));
    std::vector<source_span> spans;
    double weights = 0;
    for (const auto& token : tokens) {
      double squares = 0;
      for (const auto value : token.centroid)
        squares += static_cast<double>(value) * static_cast<double>(value);
      CHECK(squares == doctest::Approx(1));
      weights += token.weight;
      spans.insert(spans.end(), token.spans.begin(), token.spans.end());
      CHECK(std::is_sorted(token.spans.begin(), token.spans.end(),
                           [](const auto& a, const auto& b) { return a.end < b.begin; }));
    }
    CHECK(weights == doctest::Approx(1));
    std::sort(spans.begin(), spans.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
    CHECK(spans.front().begin == source.units.front().begin);
    CHECK(spans.back().end == source.units.back().end);
    for (size_t i = 1; i < spans.size(); ++i)
      CHECK(spans[i - 1].end <= spans[i].begin);
    if (count == 1)
      CHECK(spans.size() == 1);
  }
}

TEST_CASE("facts are of interest where they are rare") {
  const auto rare =
      split_and_counted("It was a quiet day and nothing was said. The code is 4711 today. They went home early.");
  const auto interest = fact_interest(rare);
  REQUIRE(interest.size() == 3);
  CHECK(interest[1] > interest[0]);
  CHECK(interest[1] > interest[2]);
  const auto common = split_and_counted("He has 4711 of them here. She has 12 of them here. It has 99 of them here.");
  CHECK(fact_interest(common) == std::vector<uint32_t>(3, 0));
}

TEST_CASE("of a query's words those count that few units have") {
  const auto source = split_and_counted("The cat sat on the mat. The dog sat on the log. The cat saw a comet.");
  CHECK(query_overlap(source, "which comet?") == std::vector<uint32_t>{0, 0, 256});
  const auto both = query_overlap(source, "the cat and the comet");
  CHECK(both[2] == 256);
  CHECK(both[0] > 0);
  CHECK(both[0] < 128);
  CHECK(both[1] == 0);
  CHECK(query_overlap(source, "???") == std::vector<uint32_t>(3, 0));
  CHECK(query_overlap(source, "the") == std::vector<uint32_t>(3, 0));
}
