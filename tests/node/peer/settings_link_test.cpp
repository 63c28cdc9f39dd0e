#include "node/peer/convert_settings.hpp"
#include "node/peer/peer_server.hpp"
#include "node/peer/settings_link.hpp"
#include "tests/node/grpc/test_node.hpp"

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <string>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

settings_entry entry(std::string key, std::string value, uint64_t number) {
  return {.key = std::move(key), .value = std::move(value), .number = number, .writer = node_id{7}};
}

/// A node with settings on a free port, and the way to it.
struct settings_peer {
  explicit settings_peer(peer_settings_door door, const std::string& asks_as = "c") {
    peer_server_options options;
    options.cluster_id = "c";
    options.settings = std::move(door);
    server = std::make_unique<peer_server>(options, entrance, meter);
    const auto started = server->start();
    REQUIRE(started);
    address = "127.0.0.1:" + std::to_string(*started);
    auto made = settings_link::make({.cluster_id = asks_as, .ask_time_max = 60s});
    REQUIRE(made);
    link = *made;
  }
  std::future<result<settings_reply>> ask(const settings_question& question) const {
    const auto answer = std::make_shared<std::promise<result<settings_reply>>>();
    link->ask(address, question, [answer](result<settings_reply> reply) { answer->set_value(std::move(reply)); });
    return answer->get_future();
  }

  fake_ingress entrance{weft::test::answer};
  std::shared_ptr<counting_meter> meter = std::make_shared<counting_meter>();
  std::unique_ptr<peer_server> server;
  std::string address;
  std::shared_ptr<settings_link> link;
};

} // namespace

TEST_CASE("two nodes exchange their settings over gRPC until they are equal") {
  shared_settings theirs;
  shared_settings ours;
  theirs.map.merge({entry("tenant.a", "suspended", 3), entry("tenant.b", "", 1)});
  ours.map.merge({entry("tenant.a", "active", 2), entry("tenant.c", "active", 1)});
  auto removed = entry("tenant.d", "", 5);
  removed.removed = true;
  removed.changed = wall_time{1'800'000'000'123ms};
  ours.map.merge({removed});
  const settings_peer peer{
      [&](const settings_question& question, auto done) { done(answer_settings(theirs, question, 1'000)); }};
  settings_session session{1'000};
  int questions = 0;
  for (std::optional<settings_question> next = session.first(ours); next; ++questions) {
    REQUIRE(questions < 10);
    auto reply = peer.ask(*next).get();
    REQUIRE(reply);
    next = session.next(ours, *reply);
  }
  CHECK(questions == 3);
  CHECK(summary_of(ours.map) == summary_of(theirs.map));
  CHECK(theirs.map.slots().at("tenant.d").entry == removed);
  CHECK(ours.map.find("tenant.a")->value == "suspended");
}

TEST_CASE("settings never pass from one cluster to another") {
  bool asked = false;
  const settings_peer peer{[&](const settings_question&, auto done) {
                             asked = true;
                             done(settings_reply{});
                           },
                           "another"};
  const auto reply = peer.ask({}).get();
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == errc::invalid_argument);
  CHECK(reply.error().message.find("another cluster, 'c'") != std::string::npos);
  CHECK_FALSE(asked);
}

TEST_CASE("a digest whose keys do not rise is refused, and errors come through") {
  const settings_peer peer{[](const settings_question&, auto done) {
    done(failure{errc::unavailable, "the settings are being read"});
  }};
  settings_question question;
  question.digest = settings_digest{"", {{"b", {}}, {"a", {}}}, true};
  CHECK(peer.ask(question).get().error().code == errc::invalid_argument);
  const auto reply = peer.ask({}).get();
  CHECK(reply.error().code == errc::unavailable);
  CHECK(reply.error().message == "the settings are being read");
}

TEST_CASE("a link that closes ends what is unanswered, and what comes later at once") {
  std::function<void(result<settings_reply>)> kept;
  std::promise<void> arrived;
  settings_peer peer{[&](const settings_question&, auto done) {
    kept = std::move(done);
    arrived.set_value();
  }};
  auto waiting = peer.ask({});
  arrived.get_future().wait();
  peer.link->close();
  REQUIRE(waiting.wait_for(0s) == std::future_status::ready);
  CHECK_FALSE(waiting.get());
  CHECK(peer.ask({}).get().error().code == errc::unavailable);
  kept(settings_reply{}); // late: nobody waits for it any more
}
