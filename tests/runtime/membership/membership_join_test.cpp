#include "tests/runtime/membership/core_fixture.hpp"

#include <set>

using namespace weft;
using namespace std::chrono_literals;

namespace {

using enum member_state;
using fixture = claims::core_fixture;

} // namespace

TEST_CASE("joining asks the seeds until one answers, and tells who is there") {
  fixture test{0};
  CHECK_FALSE(test.core.joined());
  test.pass(3s);
  auto tries = claims::sent<sync_request>(test.out);
  CHECK(tries.size() >= 2);
  CHECK(tries.at(0).address == "n2:7701");
  test.out.clear();
  test.receive(claims::from(2, fixture::reply(2)), "n2:7701");
  CHECK(test.core.joined());
  CHECK(claims::changes(test.out) == std::vector{member_change::joined, member_change::joined});
  CHECK(test.core.members().counts().live() == 3);
}

TEST_CASE("who has no other seed than itself is a cluster of one at once") {
  membership_core core{{}, {node_id{1}, boot_epoch{1}, claims::profile(1)}, 1};
  effect_list out;
  core.join({"n1:7701"}, time_point{}, out);
  CHECK(core.joined());
  CHECK(out.empty());
}

TEST_CASE("strangers are refused with a reason, and learn nothing") {
  for (auto [cluster, low, verdict] : {std::tuple{"other", 1, join_verdict::other_cluster},
                                       {"weft", 2, join_verdict::no_common_protocol},
                                       {"weft", 1, join_verdict::accepted}}) {
    CAPTURE(cluster);
    fixture test;
    sync_request request{{cluster, {static_cast<uint16_t>(low), 9}}, true, {claims::record({.node = 9})}};
    auto message = claims::from(9, request);
    message.cluster = cluster_mark(cluster);
    test.receive(message);
    auto answer = std::get<sync_reply>(claims::sent<sync_reply>(test.out).at(0).message.body);
    CHECK(answer.verdict == verdict);
    CHECK(answer.reason.empty() == (verdict == join_verdict::accepted));
    CHECK(answer.records.empty() == (verdict != join_verdict::accepted));
    CHECK(claims::all<stranger_refused>(test.out).size() == (verdict != join_verdict::accepted));
    CHECK((test.core.members().get(node_id{9}) != nullptr) == (verdict == join_verdict::accepted));
  }
}

namespace {

/// A process that claims to be node 2, from another address than the one that is known.
struct claimant : fixture {
  /// The verdict that it is given; nullopt: no answer yet.
  std::optional<join_verdict> ask(uint64_t epoch) {
    auto record = claims::record({.node = 2, .epoch = epoch});
    auto profile = std::make_shared<member_profile>(*record.profile);
    profile->peer_address = "elsewhere:7701";
    record.profile = profile;
    out.clear();
    receive(claims::from(2, sync_request{{"weft", {}}, true, {record}}, {}, epoch), "elsewhere:7701");
    const auto replies = claims::sent<sync_reply>(out);
    if (replies.empty())
      return std::nullopt;
    answer = std::get<sync_reply>(replies[0].message.body);
    return answer.verdict;
  }
  const member_record& known() const { return core.members().get(node_id{2})->record; }

  sync_reply answer;
};

} // namespace

TEST_CASE("a copied data folder is refused for as long as the node answers at its address, and harms nobody") {
  claimant test;
  CHECK(test.ask(9) == std::nullopt);
  for (int tries = 0; tries < 5; ++tries) {
    test.pass(0s);
    CHECK(claims::all<look_at_connection>(test.out).at(0).address == "n2:7701");
    auto asked = claims::sent<ping>(test.out).at(0);
    CHECK(asked.address == "n2:7701");
    test.receive(claims::from(2, ack{std::get<ping>(asked.message.body).sequence, node_id{2}}));
    CHECK(test.ask(9) == join_verdict::identity_taken);
    CHECK(claims::changes(test.out).empty());
    CHECK(claims::all<stranger_refused>(test.out).at(0).address == "elsewhere:7701");
  }
  CHECK(test.answer.records.empty());
  for (const char* says : {"n2:7701", "elsewhere:7701", "data folder of its own"})
    CHECK(test.answer.reason.find(says) != std::string::npos);
  CHECK(test.known().epoch == boot_epoch{1});
  CHECK(test.known().state == alive);
}

TEST_CASE("a node that restarts at another address gets in when its old process is silent, refuses or is dead") {
  for (int way : {0, 1, 2}) {
    CAPTURE(way);
    claimant test;
    if (way == 2)
      test.hear({.node = 2, .state = dead, .accuser = 3});
    else
      CHECK(test.ask(9) == std::nullopt);
    if (way == 0)
      test.pass(4s);
    if (way == 1)
      test.core.refused(node_id{2}, test.now, test.out);
    CHECK(test.ask(9) == join_verdict::accepted);
    CHECK(test.known().epoch == boot_epoch{9});
    CHECK(test.known().profile->peer_address == "elsewhere:7701");
    CHECK(test.state(2) == alive);
  }
}

TEST_CASE("a stall of the judge does not give an id away") {
  claimant test;
  CHECK(test.ask(9) == std::nullopt);
  test.pass(0s);
  test.now += 10s;
  CHECK(test.ask(9) == std::nullopt);
}

TEST_CASE("two processes of one epoch are a copy at once, and an older process is told of its successor") {
  claimant test;
  CHECK(test.ask(1) == join_verdict::identity_taken);
  CHECK(test.ask(0) == join_verdict::accepted);
  CHECK(test.known().epoch == boot_epoch{1});
  CHECK(test.answer.records.at(1).node == node_id{2});
  CHECK(test.answer.records.at(1).epoch == boot_epoch{1});
}

TEST_CASE("a probe of the old process is not held against the new one") {
  fixture probing{3};
  probing.await_probe(2);
  auto record = claims::record({.node = 2, .epoch = 9});
  auto profile = std::make_shared<member_profile>(*record.profile);
  profile->peer_address = "elsewhere:7701";
  record.profile = profile;
  const auto request = claims::from(2, sync_request{{"weft", {}}, true, {record}}, {}, 9);
  probing.receive(request);
  probing.core.refused(node_id{2}, probing.now, probing.out);
  probing.receive(request);
  REQUIRE(probing.core.members().get(node_id{2})->record.epoch == boot_epoch{9});
  probing.out.clear();
  probing.pass(400ms);
  CHECK(probing.state(2) == alive);
}

TEST_CASE("a namesake that asks us is refused, and is told so; our own echo is not") {
  fixture test;
  auto record = claims::record({.node = 1, .epoch = 2});
  auto profile = std::make_shared<member_profile>(*record.profile);
  profile->peer_address = "elsewhere:7701";
  record.profile = profile;
  test.receive(claims::from(1, sync_request{{"weft", {}}, true, {record}}, {}, 2), "elsewhere:7701");
  auto reply = claims::sent<sync_reply>(test.out).at(0);
  CHECK(reply.address == "elsewhere:7701");
  CHECK(std::get<sync_reply>(reply.message.body).verdict == join_verdict::identity_taken);
  CHECK(claims::all<superseded>(test.out).empty());
  test.out.clear();
  test.receive(claims::from(1, sync_request{{"weft", {}}, true, {claims::record({.node = 1})}}));
  CHECK(test.out.empty());

  fixture copy{0};
  reply.message.sender_epoch = boot_epoch{2};
  copy.receive(reply.message, "n2:7701");
  CHECK(claims::all<join_refused>(copy.out).at(0).answer.verdict == join_verdict::identity_taken);
  CHECK_FALSE(copy.core.joined());
}

TEST_CASE("a node is alone when every address was tried four times in vain, until somebody answers") {
  fixture test{0};
  test.pass(3s);
  CHECK(test.core.alone() == 0);
  test.pass(3s);
  CHECK(test.core.alone() == 1);
  test.receive(claims::from(2, fixture::reply(2)), "n2:7701");
  CHECK(test.core.alone() == 0);
  test.hear({.node = 3, .state = left});
  test.hear({.node = 2, .state = left});
  CHECK(test.core.alone() == 0); // not yet looked for
  test.pass(30s);
  CHECK(test.core.alone() == 1);
}

TEST_CASE("a node that is refused everywhere is alone, one without other seeds is not") {
  fixture test{0};
  sync_reply reply;
  reply.claim.cluster_id = "other";
  for (int i = 0; i < 10; ++i) {
    test.pass(1s);
    test.receive(claims::from(2, reply), "n2:7701");
  }
  CHECK(test.core.alone() == 1);
  membership_core first{{}, {node_id{1}, boot_epoch{1}, claims::profile(1)}, 1};
  effect_list out;
  first.join({"n1:7701"}, time_point{}, out);
  first.tick(time_point{} + 100ms, out);
  CHECK(first.alone() == 0);
}

TEST_CASE("256 seeds and 32 remembered peers are all tried, and what is beyond that is the last remembered") {
  std::vector<std::string> addresses;
  for (int i = 0; i < 300; ++i)
    addresses.push_back("a" + std::to_string(i) + ":1");
  membership_core core{{}, {node_id{1}, boot_epoch{1}, claims::profile(1)}, 1};
  effect_list out;
  time_point now{};
  core.join(addresses, now, out);
  for (; core.next_wake() < time_point{} + 400ms; core.tick(now, out))
    now = std::max(now, core.next_wake());
  std::set<std::string> tried;
  for (const auto& request : claims::sent<sync_request>(out))
    tried.insert(request.address);
  CHECK(tried == std::set<std::string>(addresses.begin(), addresses.begin() + 288));
}

TEST_CASE("a refusal reaches the owner with its reason") {
  fixture test{0};
  sync_reply reply;
  reply.claim.cluster_id = "weft";
  reply.verdict = join_verdict::cluster_full;
  reply.reason = "full";
  test.receive(claims::from(2, reply), "n2:7701");
  CHECK(claims::all<join_refused>(test.out).at(0).answer.reason == "full");
  CHECK_FALSE(test.core.joined());
}
