#include "runtime/membership/membership_core.hpp"
#include "tests/runtime/membership/claims.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace weft;
using namespace std::chrono_literals;

namespace {

using enum member_state;

/// Node 1, which has joined `others` members 2, 3, …, driven as an actor would drive it.
struct fixture {
  explicit fixture(uint64_t others = 3, membership_options options = {})
      : core(options, {node_id{1}, boot_epoch{1}, claims::profile(1)}, 1) {
    core.join({"n2:7701"}, now, out);
    if (others > 0)
      receive(claims::from(2, reply(others)), "n2:7701");
    out.clear();
  }
  static sync_reply reply(uint64_t others) {
    sync_reply made;
    made.claim.cluster_id = "weft";
    for (uint64_t node = 2; node < 2 + others; ++node)
      made.records.push_back(claims::record({.node = node}));
    return made;
  }
  void receive(peer_message message, std::string_view from = "somewhere:1") {
    core.receive(std::move(message), from, now, out);
  }
  void hear(const claims::claim& what) { receive(claims::from(2, gossip{}, {claims::update(what)})); }
  /// Until that much later, ticking when the core asks for it.
  void pass(duration time) {
    auto end = now + time;
    while (core.next_wake() <= end) {
      now = std::max(now, core.next_wake());
      core.tick(now, out);
    }
    now = end;
  }
  /// Until the core probes the node; answers all others.
  ping await_probe(uint64_t node) {
    for (int i = 0; i < 1'000; ++i) {
      out.clear();
      pass(core.next_wake() - now);
      for (auto& message : claims::sent<ping>(out)) {
        auto probe = std::get<ping>(message.message.body);
        if (message.node == node_id{node})
          return probe;
        receive(claims::from(static_cast<uint64_t>(message.node), ack{probe.sequence, probe.target}));
      }
    }
    FAIL("no probe");
    return {};
  }
  member_state state(uint64_t node) const { return core.members().get(node_id{node})->record.state; }

  time_point now = time_point{} + 1h;
  effect_list out;
  membership_core core;
};

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

TEST_CASE("messages of another cluster and for another node are dropped") {
  fixture test;
  auto stray = claims::from(2, ping{1, node_id{1}});
  stray.cluster = 5;
  test.receive(stray);
  test.receive(claims::from(2, ping{1, node_id{77}}));
  CHECK(test.out.empty());
  CHECK(test.core.counters().foreign == 1);
  CHECK(test.core.counters().misdirected == 1);
  test.receive(claims::from(2, ping{1, node_id{1}}));
  CHECK(claims::sent<ack>(test.out).at(0).address == "n2:7701");
}

TEST_CASE("a silent member is probed, then looked at with three helpers, then suspected") {
  fixture test{6};
  test.await_probe(4);
  test.out.clear();
  test.pass(199ms);
  CHECK(claims::sent<ping_request>(test.out).empty());
  test.pass(1ms);
  CHECK(claims::sent<ping_request>(test.out).size() == 3);
  CHECK(claims::all<look_at_connection>(test.out).at(0).address == "n4:7701");
  CHECK(test.state(4) == alive);
  test.pass(300ms);
  CHECK(test.state(4) == suspect);
}

TEST_CASE("an answer through a helper is an answer") {
  fixture test{6};
  auto probe = test.await_probe(4);
  test.pass(300ms);
  test.receive(claims::from(5, ack{probe.sequence, node_id{4}}));
  test.pass(300ms);
  CHECK(test.state(4) == alive);
}

TEST_CASE("an answer of a process that was replaced does not speak for its successor") {
  fixture test{6};
  auto probe = test.await_probe(4);
  test.hear({.node = 4, .epoch = 2});
  test.receive(claims::from(4, ack{probe.sequence, node_id{4}}, {}, 1));
  test.pass(1s);
  CHECK(test.state(4) == suspect);
}

TEST_CASE("three who see the connection refused are enough to bury it, two are not") {
  for (int helpers : {1, 2}) {
    CAPTURE(helpers);
    fixture test{6};
    auto probe = test.await_probe(4);
    test.core.unreachable(node_id{4}, test.now, test.out);
    CHECK(claims::all<look_at_connection>(test.out).size() == 1);
    test.core.refused(node_id{4}, test.now, test.out);
    for (int i = 0; i < helpers; ++i)
      for (int again = 0; again < 2; ++again) // each counts once
        test.receive(claims::from(5 + i, nack{probe.sequence, node_id{4}, true}));
    CHECK(test.state(4) == (helpers == 2 ? dead : alive));
  }
}

TEST_CASE("a helper pings, looks, passes the answer or the refusal on, or says in time that there is none") {
  for (int ending : {0, 1, 2}) {
    CAPTURE(ending);
    fixture test;
    test.receive(claims::from(2, ping_request{77, node_id{3}}));
    auto probe = claims::sent<ping>(test.out).at(0);
    CHECK(probe.address == "n3:7701");
    CHECK(claims::all<look_at_connection>(test.out).size() == 1);
    test.out.clear();
    if (ending == 0)
      test.receive(claims::from(3, ack{std::get<ping>(probe.message.body).sequence, node_id{3}}));
    if (ending == 1)
      test.core.refused(node_id{3}, test.now, test.out);
    test.pass(160ms);
    auto acks = claims::sent<ack>(test.out);
    auto nacks = claims::sent<nack>(test.out);
    CHECK(acks.size() == (ending == 0 ? 1 : 0));
    CHECK(nacks.size() == (ending == 0 ? 0 : 1));
    if (ending == 0)
      CHECK(std::get<ack>(acks[0].message.body).sequence == 77);
    else
      CHECK(std::get<nack>(nacks[0].message.body).refused == (ending == 1));
  }
}

TEST_CASE("told that it is suspect or dead, a node says no with a higher incarnation and trusts itself less") {
  for (auto claim : {suspect, dead}) {
    CAPTURE(static_cast<int>(claim));
    fixture test;
    auto before = test.core.self().incarnation;
    test.hear({.node = 1, .incarnation = before, .state = claim, .accuser = 3});
    CHECK(test.core.self().incarnation == before + 1);
    CHECK(test.core.self().state == alive);
    CHECK(test.core.local_health() == 1);
    test.hear({.node = 1, .incarnation = before, .state = claim, .accuser = 3}); // old by now
    CHECK(test.core.self().incarnation == before + 1);
    test.hear({.node = 1, .incarnation = 40, .state = alive}); // said by us, before our memory was lost
    CHECK(test.core.self().incarnation == 41);
  }
}

TEST_CASE("a suspect is told so first of all when it is probed, a dead one when it talks to us") {
  fixture test{6};
  test.hear({.node = 4, .state = suspect, .accuser = 5});
  test.await_probe(4);
  for (auto& message : claims::sent<ping>(test.out)) {
    if (message.node == node_id{4})
      CHECK(message.message.news.at(0).record.state == suspect);
  }
  test.hear({.node = 3, .state = dead, .accuser = 5});
  test.out.clear();
  test.receive(claims::from(3, ping{10, node_id{1}}));
  auto answer = claims::sent<ack>(test.out).at(0).message;
  CHECK(answer.news.at(0).record.node == node_id{3});
  CHECK(answer.news.at(0).record.state == dead);
}

TEST_CASE("after a stall nobody is accused before the inbox is read") {
  fixture test{6};
  test.await_probe(4);
  test.hear({.node = 5, .state = suspect, .accuser = 6});
  test.now += 60s; // SIGSTOP
  test.core.tick(test.now, test.out);
  CHECK(test.core.counters().stalls == 1);
  CHECK(test.core.local_health() == 1);
  CHECK(test.state(4) == alive);
  CHECK(test.state(5) == suspect);
  test.hear({.node = 5, .incarnation = 2, .with_profile = false});
  test.pass(100ms);
  CHECK(test.state(4) == alive);
  CHECK(test.state(5) == alive);
}

TEST_CASE("a stall counts once, whatever the inbox then holds") {
  auto stranger = claims::from(9, gossip{});
  stranger.cluster = cluster_mark("other");
  auto echo = claims::from(1, gossip{});
  for (const auto& message : {stranger, echo, claims::from(2, gossip{})}) {
    fixture test{6};
    test.await_probe(4);
    test.now += 5s; // SIGSTOP
    for (int i = 0; i < 20; ++i) {
      test.receive(message);
      test.now += 1ms;
    }
    CHECK(test.core.counters().stalls == 1);
    CHECK(test.core.local_health() == 1);
  }
}

TEST_CASE("a stall while leaving counts once") {
  fixture test{6};
  test.core.leave(test.now, test.out);
  test.now += 5s;
  for (int i = 0; i < 20; ++i)
    test.core.refused(node_id{4}, test.now, test.out);
  CHECK(test.core.counters().stalls == 1);
}

TEST_CASE("a tick in time is no stall, whatever was due") {
  fixture test{6};
  test.core.set_local({member_phase::serving, node_health::healthy, 9}, test.now, test.out);
  for (int i = 0; i < 200; ++i) {
    test.core.set_local({member_phase::serving, node_health::healthy, static_cast<uint8_t>(i % 16)}, test.now,
                        test.out);
    test.pass(100ms);
  }
  CHECK(test.core.counters().stalls == 0);
}

TEST_CASE("phase and health go out at once, a load level at its own pace") {
  fixture test;
  test.pass(5s);
  auto before = test.core.self().incarnation;
  test.core.set_local({member_phase::draining, node_health::healthy, 0}, test.now, test.out);
  CHECK(test.core.self().incarnation == before + 1);
  CHECK(test.core.self().phase == member_phase::draining);
  for (int i = 0; i < 40; ++i) {
    test.core.set_local({member_phase::draining, node_health::healthy, static_cast<uint8_t>(1 + i % 15)}, test.now,
                        test.out);
    test.pass(100ms);
  }
  auto published = test.core.self().incarnation - before - 1;
  CHECK(published >= 3);
  CHECK(published <= 5); // 4 s
}

TEST_CASE("the load on a message counts at once") {
  fixture test;
  auto message = claims::from(2, gossip{});
  message.sender_load = 7;
  test.receive(message);
  CHECK(test.core.members().get(node_id{2})->record.load == 7);
  CHECK(claims::changes(test.out) == std::vector{member_change::changed});
}

TEST_CASE("leaving is said to all, within its time, and then there is silence") {
  fixture test{3};
  test.core.leave(test.now, test.out);
  CHECK_FALSE(test.core.left());
  test.pass(2s);
  CHECK(test.core.left());
  bool said = false;
  for (auto& message : claims::sent<gossip>(test.out))
    for (auto& item : message.message.news)
      said = said || (item.record.node == node_id{1} && item.record.state == left);
  CHECK(said);
  CHECK(claims::sent<ping>(test.out).empty());
  CHECK(test.core.next_wake() == time_point::max());
}

TEST_CASE("a younger process with our id makes us stop") {
  fixture test;
  test.hear({.node = 1, .epoch = 2});
  CHECK(claims::all<superseded>(test.out).at(0).by == boot_epoch{2});
  CHECK(test.core.next_wake() == time_point::max());
  test.out.clear();
  test.receive(claims::from(2, ping{1, node_id{1}}));
  CHECK(test.out.empty());
}

TEST_CASE("the dead are looked for, and one that answers is compared with") {
  fixture test{3};
  test.hear({.node = 3, .state = dead, .accuser = 2});
  test.out.clear();
  test.pass(10s);
  bool tried = false;
  for (auto& message : claims::sent<ping>(test.out))
    tried = tried || (message.node == node_id{3} && std::get<ping>(message.message.body).sequence == 0 &&
                      message.message.news.at(0).record.state == dead);
  CHECK(tried);
  test.out.clear();
  test.receive(
      claims::from(3, ack{0, node_id{3}}, {claims::update({.node = 3, .incarnation = 2, .with_profile = false})}));
  CHECK(test.state(3) == alive);
  CHECK(claims::sent<sync_request>(test.out).at(0).node == node_id{3});
}

TEST_CASE("a reply from somebody lost is answered with all we know, once, and not when it is leaving") {
  for (auto now_is : {alive, left}) {
    CAPTURE(static_cast<int>(now_is));
    fixture test{3};
    test.hear({.node = 2, .state = dead, .accuser = 3});
    test.out.clear();
    auto reply = fixture::reply(1);
    reply.records[0] = claims::record({.node = 2, .incarnation = 2, .state = now_is});
    for (int i = 0; i < 3; ++i)
      test.receive(claims::from(2, reply), "n2:7701");
    CHECK(claims::sent<sync_request>(test.out).size() == (now_is == alive ? 1 : 0));
  }
}

TEST_CASE("who is alive in another member's view and dead in ours is asked itself") {
  fixture test{3};
  test.hear({.node = 4, .state = dead, .accuser = 3});
  test.out.clear();
  test.receive(claims::from(2, fixture::reply(3)), "n2:7701");
  CHECK(claims::sent<ping>(test.out).at(0).node == node_id{4});
  CHECK(claims::sent<ping>(test.out).at(0).message.news.at(0).record.state == dead);
}

TEST_CASE("a suspicion about to end is said to the suspect and two others, and an old one is corrected") {
  fixture test{6};
  test.hear({.node = 4, .state = suspect, .accuser = 5});
  test.out.clear();
  size_t calls = 0;
  for (int i = 0; i < 200 && test.state(4) == suspect; ++i) {
    test.pass(100ms);
    calls = 0;
    for (auto& message : claims::sent<ping>(test.out))
      calls += !message.message.news.empty() && message.message.news[0].record.node == node_id{4} &&
               message.message.news[0].accuser == node_id{};
  }
  CHECK(calls == 3);
  CHECK(test.state(4) == dead);
  test.hear({.node = 5, .incarnation = 3, .with_profile = false});
  test.out.clear();
  test.receive(
      claims::from(2, ping{9, node_id{1}}, {claims::update({.node = 5, .state = suspect, .with_profile = false})}));
  auto answer = claims::sent<ack>(test.out).at(0).message;
  CHECK(answer.news.back().record.node == node_id{5});
  CHECK(answer.news.back().record.incarnation == 3);
  CHECK(test.state(5) == alive);
}

TEST_CASE("peers are remembered soon after they join, and not at every change") {
  fixture test{3};
  test.pass(9s);
  CHECK(claims::all<remember_peers>(test.out).at(0).addresses.size() == 3);
  CHECK(claims::all<remember_peers>(test.out).size() == 1);
}

TEST_CASE("the same inputs give the same effects") {
  auto run = [] {
    fixture test{20};
    test.pass(30s);
    std::string log;
    for (auto& message : claims::sent<ping>(test.out))
      log += message.address + ",";
    return log;
  };
  CHECK(run() == run());
}
