#include "actors/owners.hpp"

#include <doctest/doctest.h>

using namespace weft;

namespace {

cluster_member member(uint64_t id, member_condition condition = member_condition::serving, std::string zone = "a") {
  return {.node = node_id{id}, .region = "r", .zone = std::move(zone), .condition = condition};
}

cluster_view view(std::vector<cluster_member> members) {
  return {.self = node_id{1}, .version = 1, .members = std::move(members)};
}

} // namespace

TEST_CASE("a node that is alone owns nothing, since there is nobody to share with") {
  CHECK(owners_in(view({member(1)})).empty());
  CHECK(owners_in(view({})).empty());
  CHECK(owners_in(view({member(1), member(2, member_condition::dead)})).empty());
  CHECK(owners_in(view({member(1), member(2)})).size() == 2);
}

TEST_CASE("suspects own keys, those that drain do not, nor those of another region") {
  auto far = member(4);
  far.region = "elsewhere";
  const auto cluster =
      view({member(1), member(2, member_condition::suspect), member(3, member_condition::draining), far});
  const auto owners = owners_in(cluster);
  CHECK(owners.size() == 2);
  CHECK(owners.contains(node_id{2}));
  CHECK(owners_without_self(cluster).size() == 1);
}

TEST_CASE("the other owner is never this node, and in another zone where there is one") {
  const auto cluster = view({member(1), member(2), member(3, member_condition::serving, "b")});
  const auto owners = owners_in(cluster);
  for (uint64_t i = 0; i < 100; ++i) {
    const cache_key key{i * 7, i};
    const auto* other = other_owner(cluster, owners, key);
    REQUIRE(other);
    CHECK(other->node != cluster.self);
    CHECK(owners.owns(other->node, key, 2));
    if (owners.first_owner(key) == cluster.self)
      CHECK(other->zone == "b");
  }
  CHECK(other_owner(view({member(1)}), placement{}, {1, 1}) == nullptr);
}

TEST_CASE("loads and suspicions leave owners as they are; conditions that matter, weights and addresses do not") {
  const auto before = view({member(1), member(2)});
  auto after = before;
  after.version = 7;
  after.members[1].load = 9;
  after.members[1].condition = member_condition::suspect;
  CHECK(same_owners(before, after));
  for (int what = 0; what < 4; ++what) {
    CAPTURE(what);
    after = before;
    if (what == 0)
      after.members[1].condition = member_condition::draining;
    else if (what == 1)
      after.members[1].weight = 7;
    else if (what == 2)
      after.members[1].data_address = "elsewhere:1";
    else
      after.members[1].epoch = boot_epoch{5};
    CHECK_FALSE(same_owners(before, after));
  }
}
