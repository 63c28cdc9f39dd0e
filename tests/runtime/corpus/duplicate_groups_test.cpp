#include "runtime/corpus/duplicate_groups.hpp"
#include "runtime/points/seed_centroids.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"
#include "tests/runtime/corpus/garbling_collective.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

using namespace weft;
using namespace weft::test;

namespace {

struct item_group {
  uint32_t cluster = 0;
  std::vector<uint32_t> items{};

  bool operator==(const item_group&) const = default;
};

/// The groups with all their items, as the ranks have them together.
std::vector<item_group> groups_over(const corpus_rows& all, const division& parts, const std::vector<int8_t>& centroids,
                                    uint32_t items_max) {
  const auto plans = on_ranks<result<duplicate_groups>>(
      all, parts, [&](corpus_group& group, corpus_rows rows) -> result<duplicate_groups> {
        const auto labelled = label(group, std::move(rows), centroids);
        if (!labelled)
          return labelled.error();
        return plan_duplicate_groups(group, labelled->shard, labelled->points,
                                     static_cast<uint32_t>(centroids.size() / all.dimensions), items_max);
      });
  std::vector<item_group> out(plans[0] ? plans[0]->groups.size() : 0);
  for (size_t r = 0; r < parts.size(); ++r) {
    REQUIRE(plans[r]);
    REQUIRE(plans[r]->groups.size() == out.size());
    for (size_t g = 0; g < out.size(); ++g) {
      out[g].cluster = plans[r]->groups[g].cluster;
      CHECK(plans[r]->groups[g].items <= items_max);
      CHECK(plans[0]->count(g, r) == plans[r]->own[g].size());
      CHECK(std::is_sorted(plans[r]->own[g].begin(), plans[r]->own[g].end()));
      for (const uint32_t i : plans[r]->own[g])
        out[g].items.push_back(parts[r][i]);
    }
  }
  for (size_t g = 0; g < out.size(); ++g) {
    uint32_t ranks = 0;
    for (const auto& plan : plans)
      ranks += !plan->own[g].empty();
    CHECK(plans[0]->groups[g].ranks == ranks);
    CHECK(plans[0]->groups[g].items == out[g].items.size());
    std::sort(out[g].items.begin(), out[g].items.end());
  }
  return out;
}

} // namespace

TEST_CASE("a band ends before it has too many items, and never between equal ones that fit") {
  using list = std::vector<size_t>;
  CHECK(cut_bands(std::vector<int32_t>{}, 3) == list{0});
  CHECK(cut_bands(std::vector<int32_t>{1, 2, 3}, 3) == list{0});
  CHECK(cut_bands(std::vector<int32_t>{1, 2, 3, 4}, 3) == list{0, 3});
  CHECK(cut_bands(std::vector<int32_t>{1, 2, 3, 3}, 3) == list{0, 2});
  CHECK(cut_bands(std::vector<int32_t>{1, 3, 3, 3, 5}, 3) == list{0, 1, 4});
  CHECK(cut_bands(std::vector<int32_t>{3, 3, 3, 3, 3, 5}, 2) == list{0, 2, 4}); // more equal ones than fit
  CHECK(cut_bands(std::vector<int32_t>{1, 2, 3}, 1) == list{0, 1, 2});
}

TEST_CASE("similarities that cannot be what a rank has are a failure on every rank") {
  const auto all = some_corpus(2, 40, 8);
  const auto parts = in_ranges({20, 20});
  const std::vector<int8_t> one(8, 1);
  const auto fill_with = [](std::byte value) {
    return [value](std::span<std::byte> bytes) { std::fill(bytes.begin(), bytes.end(), value); };
  };
  using spoil = std::function<void(std::span<std::byte>)>;
  for (const auto& [name, change] : std::vector<std::pair<const char*, spoil>>{
           {"no keys", fill_with(std::byte{0})},
           {"more keys than bytes", fill_with(std::byte{0xFF})},
           {"a key too few", [](std::span<std::byte> bytes) { bytes[0] = std::byte{19}; }},
           {"a key too many", [](std::span<std::byte> bytes) { bytes[0] = std::byte{21}; }},
           {"nothing", [](std::span<std::byte>) {}}}) {
    CAPTURE(name);
    auto ends = make_thread_group(2);
    const auto codes = on_each_rank<errc>(ends, [&, change = change](collective& end) {
      garbling_collective port(end, change);
      corpus_group group(port, patient);
      const auto labelled = label(group, part_of(all, parts[group.rank()]), one);
      if (!labelled)
        return labelled.error().code;
      const auto plan = plan_duplicate_groups(group, labelled->shard, labelled->points, 1, 7);
      return plan ? errc::none : plan.error().code;
    });
    CHECK(codes == std::vector<errc>(2, std::string_view(name) == "nothing" ? errc::none : errc::internal));
  }
}

TEST_CASE("groups are the same for every division, and have each item once") {
  const auto all = some_corpus(1, 400, 16, 3, 1.0F);
  const auto centroids = seed_centroids(points_of(all), 16, 5, 1);
  for (const uint32_t items_max : {1'000u, 60u, 7u, 1u}) {
    const auto want = groups_over(all, in_ranges({400}), centroids, items_max);
    std::vector<uint32_t> items;
    for (const auto& each : want)
      items.insert(items.end(), each.items.begin(), each.items.end());
    std::sort(items.begin(), items.end());
    CHECK(items == all.items);
    CHECK(std::is_sorted(want.begin(), want.end(), [](auto& a, auto& b) { return a.cluster < b.cluster; }));
    if (items_max == 1'000)
      CHECK(want.size() <= 5);
    if (items_max == 60)
      CHECK(want.size() < 16);
    for (const auto& parts : all_divisions(400))
      CHECK(groups_over(all, parts, centroids, items_max) == want);
  }
}
