#include "runtime/jobs/job_places.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

using namespace weft;

namespace {

using enum member_condition;

cluster_view view_of(const std::vector<member_condition>& conditions) {
  cluster_view out;
  for (size_t i = 0; i < conditions.size(); ++i)
    out.members.push_back({.node = node_id{i + 1}, .region = "local", .condition = conditions[i]});
  return out;
}

} // namespace

TEST_CASE("the live members of the region place, and nobody else") {
  auto view = view_of({serving, suspect, draining, dead, left, starting, serving});
  view.members.back().region = "other";
  const job_places places{view, node_id{1}, "local"};
  CHECK(places.live() == std::vector{node_id{1}, node_id{2}});
  CHECK(places.others() == std::vector{node_id{2}});
  CHECK(!places.is_live(node_id{3}));
}

TEST_CASE("a job's segments spread evenly over five nodes") {
  const job_places places{view_of(std::vector(5, serving)), node_id{1}, "local"};
  std::map<node_id, int> first;
  for (uint32_t index = 0; index < 10'000; ++index)
    ++first[places.owners({{1, 2}, index}, 1)[0]];
  for (const auto& [node, count] : first) {
    CHECK(count > 1'800);
    CHECK(count < 2'200);
  }
}

TEST_CASE("all live nodes are ranked, the owners first, the same on every node") {
  const auto view = view_of(std::vector(9, serving));
  const job_places here{view, node_id{1}, "local"}, there{view, node_id{7}, "local"};
  for (uint32_t index = 0; index < 100; ++index) {
    const segment_id id{{3, 4}, index};
    auto ranked = here.ranked(id);
    const auto owners = here.owners(id, 3);
    CHECK(std::equal(owners.begin(), owners.end(), ranked.begin()));
    CHECK(ranked == there.ranked(id));
    std::ranges::sort(ranked);
    CHECK(ranked == here.live());
  }
}

TEST_CASE("only what a dead node would own first is taken over") {
  const auto all = view_of(std::vector(5, serving));
  auto without = all;
  without.members[2].condition = dead;
  const job_places before{all, node_id{1}, "local"}, after{without, node_id{1}, "local"};
  CHECK(before.hash() != after.hash());
  for (uint32_t index = 0; index < 200; ++index) {
    const segment_id id{{5, 6}, index};
    CHECK(!before.is_takeover(id));
    CHECK(after.is_takeover(id) == (before.owners(id, 1)[0] == node_id{3}));
  }
}

TEST_CASE("a dead member that came back without its disk owns nothing any more: nothing of it is taken over") {
  auto view = view_of({serving, serving, serving, dead});
  view.members[2].peer_address = view.members[3].peer_address = "10.0.0.3:7000";
  const job_places places{view, node_id{1}, "local"};
  for (uint32_t index = 0; index < 200; ++index)
    CHECK(!places.is_takeover({{5, 6}, index}));
}

TEST_CASE("nobody is there: nobody owns anything") {
  const job_places places;
  CHECK(places.owners({{1, 1}, 0}, 3).empty());
  CHECK(places.ranked({{1, 1}, 0}).empty());
  CHECK(!places.header_owner({1, 1}));
  CHECK(!places.owns_header({1, 1}));
  CHECK(!places.is_takeover({{1, 1}, 0}));
}
