#include "runtime/membership/member_view.hpp"
#include "tests/runtime/membership/claims.hpp"

#include <doctest/doctest.h>

#include <optional>

using namespace weft;
using namespace std::chrono_literals;

namespace {

constexpr auto gossiped = claim_origin::gossip;
using enum member_state;

/// Node 1's view, with `others` alive members 2, 3, … and nothing left to pass on.
struct fixture {
  explicit fixture(uint64_t others = 3, membership_options with = {}) : options(with) {
    for (uint64_t node = 2; node < 2 + others; ++node)
      hear({.node = node});
    quiet();
  }
  std::vector<member_change> hear(const claims::claim& what, claim_origin origin = gossiped) {
    effect_list out;
    view.apply(claims::update(what), origin, now, out);
    return claims::changes(out);
  }
  std::vector<member_change> tick(duration later) {
    effect_list out;
    now += later;
    view.tick(now, out);
    return claims::changes(out);
  }
  void quiet() {
    std::vector<member_update> out;
    view.queue().take(UINT32_MAX, 1, out);
  }
  std::optional<member_state> state(uint64_t node) const {
    const auto* known = view.table().get(node_id{node});
    return known == nullptr ? std::nullopt : std::optional{known->record.state};
  }
  /// What is waiting to be passed on about the node.
  std::optional<member_update> news(uint64_t node) {
    std::vector<member_update> out;
    view.queue().take(UINT32_MAX, broadcast_queue::sends_max, out);
    for (auto& item : out)
      if (item.record.node == node_id{node})
        return item;
    return std::nullopt;
  }

  membership_options options;
  member_view view{options, claims::record({.node = 1}), 1};
  time_point now = time_point{} + 1h;
};

using changes = std::vector<member_change>;

} // namespace

TEST_CASE("a newer claim changes the view and is passed on, an older or equal one does neither") {
  struct row {
    claims::claim claim;
    changes want;
    member_state after;
  };
  for (const auto& [claim, want, after] : {
           row{{.node = 2, .incarnation = 1}, {}, alive},
           row{{.node = 2, .incarnation = 0, .state = suspect, .accuser = 3}, {}, alive},
           row{{.node = 2, .incarnation = 1, .state = suspect, .accuser = 3}, {member_change::changed}, suspect},
           row{{.node = 2, .incarnation = 1, .state = dead, .accuser = 3}, {member_change::died}, dead},
           row{{.node = 2, .incarnation = 2, .state = left}, {member_change::left}, left},
           row{{.node = 2, .epoch = 2, .incarnation = 1}, {member_change::died, member_change::joined}, alive},
           row{{.node = 2, .epoch = 0, .incarnation = 9, .state = dead, .accuser = 3}, {}, alive},
       }) {
    CAPTURE(claim.incarnation);
    CAPTURE(static_cast<int>(claim.state));
    fixture test;
    CHECK(test.hear(claim) == want);
    CHECK(test.state(2) == after);
    CHECK(test.news(2).has_value() == !want.empty());
  }
}

TEST_CASE("somebody new needs a profile, and a tombstone of a stranger is not kept") {
  fixture test;
  CHECK(test.hear({.node = 9, .with_profile = false}).empty());
  CHECK(test.hear({.node = 9, .state = dead, .accuser = 2}).empty());
  CHECK(test.hear({.node = 9, .state = left}).empty());
  CHECK_FALSE(test.state(9).has_value());
  CHECK(test.hear({.node = 9}) == changes{member_change::joined});
  CHECK(test.news(9)->record.profile != nullptr);
}

TEST_CASE("what is learned while coming in is not news to others") {
  fixture test;
  CHECK(test.hear({.node = 9}, claim_origin::first) == changes{member_change::joined});
  CHECK_FALSE(test.news(9).has_value());
}

TEST_CASE("a refuted suspicion ends, an unanswered one is death") {
  fixture test;
  test.hear({.node = 2, .state = suspect, .accuser = 3});
  CHECK(test.hear({.node = 2, .incarnation = 2, .with_profile = false}) == changes{member_change::changed});
  CHECK(test.tick(1h).empty());
  test.hear({.node = 2, .incarnation = 2, .state = suspect, .accuser = 3});
  CHECK(test.tick(15s).empty());
  CHECK(test.tick(1s) == changes{member_change::died});
  CHECK(test.news(2)->accuser == node_id{1}); // who passes a death on vouches for it
}

TEST_CASE("independent accusers bring death nearer and are passed on, the same one again is not") {
  fixture test{4};
  test.hear({.node = 2, .state = suspect, .accuser = 3});
  test.quiet();
  test.hear({.node = 2, .state = suspect, .accuser = 3});
  test.hear({.node = 2, .state = suspect, .accuser = 4});
  CHECK(test.news(2)->accuser == node_id{4});
  test.hear({.node = 2, .state = suspect, .accuser = 5});
  CHECK(test.tick(3'999ms).empty());
  CHECK(test.tick(1ms) == changes{member_change::died});
}

TEST_CASE("accusations by the dead, the gone and the leaving are ignored") {
  for (auto [what, counts] : {std::pair{dead, false}, {left, false}, {suspect, true}, {alive, true}}) {
    CAPTURE(static_cast<int>(what));
    fixture test;
    if (what != alive)
      test.hear({.node = 3, .state = what, .accuser = 4});
    CHECK(test.hear({.node = 2, .state = suspect, .accuser = 3}).empty() != counts);
    CHECK(test.hear({.node = 2, .state = dead, .accuser = 3}).empty() != counts);
  }
  fixture test;
  auto leaving = claims::update({.node = 3, .incarnation = 2});
  leaving.record.phase = member_phase::draining;
  effect_list out;
  test.view.apply(leaving, gossiped, test.now, out);
  CHECK(test.hear({.node = 2, .state = suspect, .accuser = 3}).empty());
}

TEST_CASE("a death remembered by another member's sync is only a suspicion of who is alive here") {
  fixture test;
  CHECK(test.hear({.node = 2, .state = dead, .accuser = 3}, claim_origin::sync) == changes{member_change::changed});
  CHECK(test.state(2) == suspect);
  CHECK(test.hear({.node = 2, .state = dead, .accuser = 3}) == changes{member_change::died});
}

TEST_CASE("who died or left comes back with a higher incarnation or epoch only") {
  for (auto end : {dead, left}) {
    CAPTURE(static_cast<int>(end));
    fixture test;
    test.hear({.node = 2, .state = end, .accuser = 3});
    CHECK(test.hear({.node = 2}).empty());
    CHECK(test.hear({.node = 2, .incarnation = 2, .with_profile = false}) == changes{member_change::joined});
    CHECK(test.view.ended().next() == time_point::max());
    test.hear({.node = 2, .incarnation = 2, .state = end, .accuser = 3});
    CHECK(test.hear({.node = 2, .epoch = 2, .incarnation = 1}) == changes{member_change::joined});
  }
}

TEST_CASE("a tombstone lasts its time and no longer") {
  fixture test;
  test.hear({.node = 2, .state = dead, .accuser = 3});
  test.tick(24h - 1ms);
  CHECK(test.state(2) == dead);
  test.tick(1ms);
  CHECK_FALSE(test.state(2).has_value());
}

TEST_CASE("members are bounded; the oldest tombstone makes room") {
  membership_options options;
  options.members_max = 4;
  fixture test{3, options}; // and oneself
  CHECK(test.view.full());
  CHECK(test.hear({.node = 9}).empty());
  CHECK(test.view.dropped() == 1);
  test.hear({.node = 2, .state = dead, .accuser = 3});
  CHECK_FALSE(test.view.full());
  CHECK(test.hear({.node = 9}) == changes{member_change::joined});
  CHECK_FALSE(test.state(2).has_value());
}

TEST_CASE("a profile that came up later is taken even where its incarnation is known") {
  fixture test;
  test.hear({.node = 2, .incarnation = 2, .with_profile = false}); // the brief claim was first
  auto full = claims::update({.node = 2, .incarnation = 2});
  full.record.profile_version = 2;
  auto profile = std::make_shared<member_profile>(*full.record.profile);
  profile->weight = 5;
  full.record.profile = profile;
  effect_list out;
  test.view.apply(full, claim_origin::sync, test.now, out);
  CHECK(claims::changes(out) == changes{member_change::changed});
  CHECK(test.view.table().get(node_id{2})->record.profile->weight == 5);
}

TEST_CASE("news is sent ceil(ln n) + 6 times") {
  for (auto [others, want] : {std::pair{0u, 6u}, {1u, 7u}, {2u, 8u}, {99u, 11u}, {999u, 13u}}) {
    fixture test{others};
    CHECK(test.view.sends() == want);
  }
}

TEST_CASE("three have to see a refusal, or all that are beyond doubt in a smaller cluster") {
  for (auto [others, want] : {std::pair{1u, 1u}, {2u, 2u}, {3u, 3u}, {50u, 3u}}) {
    fixture test{others};
    CHECK(test.view.refusals_needed(node_id{2}) == want);
    test.hear({.node = 2, .state = suspect, .accuser = 1});
    CHECK(test.view.refusals_needed(node_id{2}) == want);
  }
}
