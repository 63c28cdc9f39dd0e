#include "tests/runtime/membership/core_fixture.hpp"

using namespace weft;
using namespace std::chrono_literals;

namespace {

using enum member_state;
using fixture = claims::core_fixture;

} // namespace

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

TEST_CASE("a suspicion that its subject contradicts counts as a false one") {
  fixture test{6};
  test.hear({.node = 4, .state = suspect, .accuser = 5});
  test.hear({.node = 3, .state = suspect, .accuser = 5});
  CHECK(test.core.figures().suspicions.begun == 2);
  CHECK(test.core.figures().suspicions.refuted == 0);
  test.hear({.node = 4, .incarnation = 2, .with_profile = false});
  test.hear({.node = 3, .epoch = 2}); // a new process: the old one may well have died
  CHECK(test.core.figures().suspicions.refuted == 1);
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
