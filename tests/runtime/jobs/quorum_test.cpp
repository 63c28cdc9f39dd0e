#include "runtime/jobs/quorum.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace weft;
using enum member_condition;

namespace {

cluster_view view_of(const std::vector<member_condition>& conditions, const std::string& region = "local") {
  cluster_view view;
  for (const auto condition : conditions) {
    cluster_member member;
    member.node = node_id{view.members.size() + 1};
    member.region = region;
    member.condition = condition;
    view.members.push_back(member);
  }
  return view;
}

} // namespace

TEST_CASE("takeover freezes when more than half of the members are missing: the dead count, who left does not") {
  struct row {
    std::vector<member_condition> members;
    bool frozen;
  };
  for (const auto& [members, frozen] : std::vector<row>{
           {{}, false},
           {{serving}, false},
           {{serving, dead}, false}, // half
           {{serving, dead, dead}, true},
           {{serving, serving, dead}, false},
           {{serving, left, left}, false},
           {{serving, left, dead}, false},
           {{serving, left, dead, dead}, true},
           {{serving, suspect, dead, dead}, false},
           {{serving, draining, dead, dead}, false},
           {{serving, starting, dead, dead}, false},
           {{serving, serving, dead, dead, dead}, true},
       }) {
    CAPTURE(members.size());
    CHECK(takeover_frozen(view_of(members), "local") == frozen);
  }
}

TEST_CASE("members of other regions are not counted") {
  auto view = view_of({serving, dead});
  const auto far = view_of({dead, dead, dead}, "far");
  view.members.insert(view.members.end(), far.members.begin(), far.members.end());
  CHECK(!takeover_frozen(view, "local"));
  CHECK(takeover_frozen(view, "far"));
  CHECK(presence_in(view, "local").members == 2);
  CHECK(presence_in(view, "local").present == 1);
}

TEST_CASE("a dead member at whose address another one is was replaced: it is not missing") {
  auto view = view_of({serving, serving, serving, dead, dead, dead, dead});
  for (auto& member : view.members) // the third has lost its disk four times
    member.peer_address = "10.0.0." + std::to_string(std::min<uint64_t>(static_cast<uint64_t>(member.node), 3));
  view.members[2].epoch = boot_epoch{9};
  CHECK(presence_in(view, "local").members == 3);
  CHECK(!takeover_frozen(view, "local"));
  view.members[1].condition = dead;
  CHECK(presence_in(view, "local").members == 3);
  CHECK(!takeover_frozen(view, "local"));
  view.members[1].condition = serving;
  view.members[2].condition = dead; // its place is empty now, but it is one place
  CHECK(presence_in(view, "local").members == 3);
  CHECK(missing_members(view, "local") == std::vector<const cluster_member*>{&view.members[2]});
  CHECK(!takeover_frozen(view, "local"));
  view.members[0].condition = dead;
  CHECK(takeover_frozen(view, "local"));
}
