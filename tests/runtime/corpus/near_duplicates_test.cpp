#include "runtime/corpus/near_duplicates.hpp"
#include "runtime/points/seed_centroids.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"

#include <algorithm>

using namespace weft;
using namespace weft::test;

namespace {

/// Every checkpoint of a search for duplicates.
using steps = std::vector<duplicate_checkpoint>;

rank_work<result<steps>> searching(const std::vector<int8_t>& centroids, const duplicate_options& options,
                                   const duplicate_checkpoint& from = {}) {
  return [=](corpus_group& group, corpus_rows rows) -> result<steps> {
    const auto labelled = label(group, std::move(rows), centroids);
    if (!labelled)
      return labelled.error();
    auto search =
        near_duplicates::plan(group, labelled->shard, labelled->points,
                              static_cast<uint32_t>(centroids.size() / labelled->shard.dimensions), options, from);
    if (!search)
      return search.error();
    steps out;
    while (!search->done()) {
      if (auto compared = search->round(group); !compared)
        return compared.error();
      out.push_back(search->checkpoint());
    }
    return out;
  };
}

} // namespace

TEST_CASE("duplicates are the same for every division, in rounds of any size") {
  const auto all = some_corpus(1, 400, 16, 4, 1.0F);
  const auto centroids = seed_centroids(points_of(all), 16, 6, 1);
  for (const uint32_t group_items_max : {1'000u, 40u}) {
    const duplicate_options options{9'800, group_items_max, 1 << 20};
    const auto want = same_on_ranks<steps>(all, in_ranges({400}), searching(centroids, options));
    REQUIRE(want.size() == 1);
    CHECK(want[0].found.size() >= 30);
    CHECK(std::is_sorted(want[0].found.begin(), want[0].found.end()));
    for (const uint64_t round_bytes_max : {uint64_t{1}, uint64_t{2'000}, uint64_t{1} << 20})
      for (const auto& parts : all_divisions(400)) {
        const auto found =
            same_on_ranks<steps>(all, parts, searching(centroids, {9'800, group_items_max, round_bytes_max}));
        CHECK(found.back() == want[0]);
        if (round_bytes_max == 1)
          CHECK(found.size() == found.back().groups_done); // a group a round
      }
  }
}

TEST_CASE("in one group every planted copy is found, and what is kept is no duplicate") {
  const auto all = some_corpus(2, 300, 32, 4, 1.0F);
  const std::vector<int8_t> one(32, 1);
  const auto found = same_on_ranks<steps>(all, scattered(5, 300, 3), searching(one, {9'800})).back().found;
  for (uint32_t i = 7; i < 300; i += 7)
    CHECK(std::any_of(found.begin(), found.end(), [&](auto& each) { return each.item == i; }));
  for (const auto& each : found) {
    CHECK(each.kept < each.item);
    CHECK(std::none_of(found.begin(), found.end(), [&](auto& other) { return other.item == each.kept; }));
  }
}

TEST_CASE("the search goes on from each of its checkpoints on other ranks") {
  const auto all = some_corpus(3, 300, 16, 4, 1.0F);
  const auto centroids = seed_centroids(points_of(all), 16, 6, 1);
  const duplicate_options options{9'800, 30, 1'500};
  const auto want = same_on_ranks<steps>(all, in_ranges({300}), searching(centroids, options));
  REQUIRE(want.size() > 4);
  const auto divisions = all_divisions(300);
  for (size_t i = 0; i < want.size(); ++i)
    CHECK(same_on_ranks<steps>(all, divisions[i % divisions.size()], searching(centroids, options, want[i])) ==
          steps(want.begin() + static_cast<ptrdiff_t>(i) + 1, want.end()));
}

TEST_CASE("a checkpoint of more groups than there are is refused on every rank") {
  const auto all = some_corpus(4, 100, 8);
  const std::vector<int8_t> one(8, 1);
  CHECK(failure_on_ranks<steps>(all, in_ranges({50, 50}), searching(one, {}, {2, {}})) == errc::state_damaged);
}
