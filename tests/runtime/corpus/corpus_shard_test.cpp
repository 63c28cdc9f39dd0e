#include "runtime/corpus/corpus_shard.hpp"
#include "runtime/points/kmeans_steps.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"

#include <cmath>
#include <limits>
#include <set>

using namespace weft;
using namespace weft::test;

namespace {

result<corpus_facts> measured(corpus_group& group, corpus_rows rows) {
  auto shard = make_shard(group, std::move(rows), false);
  if (!shard)
    return shard.error();
  return measure_corpus(group, *shard);
}

} // namespace

TEST_CASE("however a corpus is divided, its points and what is known of it are the same") {
  auto all = some_corpus(1, 300, 24);
  all.values[24 * 299 + 5] = 1.9F; // one value decides the scale, on one rank
  const auto want = quantize_points(all.values, 24);
  CHECK(want.scale != quantize_points(std::span(all.values).first(24 * 299), 24).scale);
  for (const auto& parts : all_divisions(300)) {
    const auto shards = on_ranks<result<corpus_shard>>(all, parts, [](corpus_group& group, corpus_rows rows) {
      return make_shard(group, std::move(rows), group.rank() == 0);
    });
    for (size_t r = 0; r < parts.size(); ++r) {
      REQUIRE(shards[r]);
      CHECK(shards[r]->dimensions == 24);
      CHECK(shards[r]->scale() == want.scale);
      CHECK(shards[r]->rows.size() == (r == 0 ? parts[0].size() * 24 : 0));
      for (size_t i = 0; i < parts[r].size(); ++i) {
        const auto point = shards[r]->point(i);
        const auto whole = std::span(want.values).subspan(size_t{parts[r][i]} * 24, 24);
        CHECK(std::equal(point.begin(), point.end(), whole.begin(), whole.end()));
        CHECK(shards[r]->sources[i] == "text " + std::to_string(parts[r][i]));
        CHECK(shards[r]->find(parts[r][i]) == i);
      }
      CHECK(!shards[r]->find(300));
    }
    const auto facts = same_on_ranks<corpus_facts>(all, parts, measured);
    CHECK(facts.items == 300);
    CHECK(facts.squares == sum_of_squares(want.values));
    CHECK(facts == same_on_ranks<corpus_facts>(all, in_ranges({300}), measured));
  }
}

TEST_CASE("another vector, another text's length and another order are another corpus") {
  const auto all = some_corpus(2, 50, 8);
  std::set<uint64_t> prints;
  const auto add = [&](const corpus_rows& rows) {
    prints.insert(same_on_ranks<corpus_facts>(rows, in_ranges({20, 30}), measured).fingerprint);
  };
  add(all);
  auto other = all;
  other.values[77] += 0.1F;
  add(other);
  other = all;
  ++other.tokens[13];
  add(other);
  other = all;
  for (size_t d = 0; d < 8; ++d)
    std::swap(other.values[d], other.values[8 + d]);
  add(other);
  CHECK(prints.size() == 4);
}

TEST_CASE("rows of zeros, or of nothing that is a number, have a scale too") {
  auto all = some_corpus(3, 10, 4);
  std::fill(all.values.begin(), all.values.end(), 0.0F);
  CHECK(same_on_ranks<corpus_facts>(all, in_ranges({5, 5}), measured).scale_exponent == 0);
  all.values[3] = 0.25F; // the others have no say
  const auto want = same_on_ranks<corpus_facts>(all, in_ranges({10}), measured);
  CHECK(std::ldexp(1.0F, want.scale_exponent) == scale_of(all.values));
  CHECK(same_on_ranks<corpus_facts>(all, in_ranges({5, 5}), measured) == want);
  all.values[39] = std::numeric_limits<float>::quiet_NaN();
  all.values[38] = std::numeric_limits<float>::infinity();
  CHECK(same_on_ranks<corpus_facts>(all, in_ranges({5, 5}), measured).scale_exponent == want.scale_exponent);
}

TEST_CASE("a part that does not fit together is refused on every rank") {
  const auto all = some_corpus(4, 30, 4);
  using change = std::function<void(corpus_rows&)>;
  for (const change& spoil : std::vector<change>{
           [](corpus_rows& rows) { rows.values.pop_back(); }, [](corpus_rows& rows) { rows.tokens.pop_back(); },
           [](corpus_rows& rows) { rows.sources.pop_back(); },
           [](corpus_rows& rows) { std::swap(rows.items[3], rows.items[4]); },
           [](corpus_rows& rows) { rows.items[3] = rows.items[4]; }, [](corpus_rows& rows) { rows.dimensions = 0; },
           [](corpus_rows& rows) { rows.dimensions = point_dimensions_max + 1; },
           [](corpus_rows& rows) { // another model's
             rows.dimensions = 2;
             rows.values.resize(rows.count() * 2);
           },
           [](corpus_rows& rows) { ++rows.items.back(); }, // a gap, or an item twice
       })
    for (const uint32_t where : {0u, 2u})
      CHECK(failure_on_ranks<corpus_facts>(all, in_ranges({10, 10, 10}), [&](corpus_group& group, corpus_rows rows) {
              if (group.rank() == where)
                spoil(rows);
              return measured(group, std::move(rows));
            }) == errc::invalid_argument);
}

TEST_CASE("a corpus without items is refused") {
  CHECK(failure_on_ranks<corpus_facts>(some_corpus(5, 10, 4), division(3), measured) == errc::empty_call);
}

TEST_CASE("more items than sums can hold are refused") {
  const auto half = static_cast<uint32_t>(corpus_items_max / 2);
  CHECK(failure_on_ranks<corpus_facts>({}, division(2), [&](corpus_group& group, corpus_rows) {
          const uint32_t count = half + group.rank();
          return measured(group, {1,
                                  consecutive_items(group.rank() * half, count),
                                  std::vector<float>(count, 0.5F),
                                  std::vector<uint32_t>(count),
                                  {}});
        }) == errc::too_many_items);
}
