#include "node/grpc/convert.hpp"
#include "node/peer/peer_server.hpp"
#include "node/peer/report_link.hpp"
#include "tests/node/grpc/test_node.hpp"
#include "weft/peer/v1/report.pb.h"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <atomic>
#include <future>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

/// A node that reports its name, on a free port.
struct reporting_peer {
  explicit reporting_peer(const std::string& name) {
    peer_server_options options;
    options.report = [this, name] {
      ++asked;
      peer::v1::GetReportResponse out;
      out.mutable_node()->set_name(name);
      return to_buffer(out);
    };
    server = std::make_unique<peer_server>(options, entrance, meter);
    const auto started = server->start();
    REQUIRE(started);
    address = "127.0.0.1:" + std::to_string(*started);
  }
  std::atomic<int> asked{0};
  fake_ingress entrance{weft::test::answer};
  std::shared_ptr<counting_meter> meter = std::make_shared<counting_meter>();
  std::unique_ptr<peer_server> server;
  std::string address;
};

/// A port that takes connections and never says a word.
struct silent_port {
  silent_port() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(socket, 8) == 0);
    REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    address = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  }
  ~silent_port() { ::close(socket); }
  int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string address;
};

cluster_view_ptr view_of(std::initializer_list<cluster_member> members) {
  auto view = std::make_shared<cluster_view>();
  view->self = node_id{1};
  view->members = members;
  return view;
}

cluster_member member(uint64_t id, const std::string& address, member_condition condition = member_condition::serving) {
  cluster_member out;
  out.node = node_id{id};
  out.data_address = address;
  out.condition = condition;
  return out;
}

std::shared_ptr<report_link> make_link(report_link_options options = {.tls = {}, .answer_time_max = 60s}) {
  auto made = report_link::make(options);
  REQUIRE(made);
  return *made;
}

node_reports ask(report_link& link) {
  const auto answer = std::make_shared<std::promise<node_reports>>();
  link.ask([answer](node_reports all) { answer->set_value(std::move(all)); });
  return answer->get_future().get();
}

} // namespace

TEST_CASE("a round brings the reports of all live members but the asker") {
  reporting_peer two{"n2"}, three{"n3"};
  const auto link = make_link();
  link->set_members(view_of({member(1, "127.0.0.1:1"), member(2, two.address), member(3, three.address),
                             member(4, "127.0.0.1:1", member_condition::dead), member(5, "")}));
  const auto all = ask(*link);
  REQUIRE(all->size() == 2);
  CHECK(all->at(node_id{2}).name() == "n2");
  CHECK(all->at(node_id{3}).name() == "n3");
}

TEST_CASE("a node without others has no reports, at once") {
  const auto link = make_link();
  CHECK(ask(*link)->empty());
  link->set_members(view_of({member(1, "127.0.0.1:1")}));
  CHECK(ask(*link)->empty());
}

TEST_CASE("fresh reports serve the next one, stale ones are asked for again") {
  for (const auto& [fresh_for, rounds] : {std::pair{3'600'000ms, 1}, std::pair{0ms, 2}}) {
    reporting_peer two{"n2"};
    const auto link = make_link({.tls = {}, .answer_time_max = 60s, .fresh_for = fresh_for});
    link->set_members(view_of({member(2, two.address)}));
    CHECK(ask(*link)->size() == 1);
    CHECK(ask(*link)->size() == 1);
    CHECK(two.asked == rounds);
  }
}

TEST_CASE("who does not answer in time is left out") {
  reporting_peer two{"n2"};
  silent_port silent;
  const auto link = make_link({.tls = {}, .answer_time_max = 2s});
  link->set_members(view_of({member(2, two.address), member(3, silent.address)}));
  const auto all = ask(*link);
  CHECK(all->size() == 1);
  CHECK(all->contains(node_id{2}));
}

TEST_CASE("closing ends the round on its way with what has come, and asks nobody from then on") {
  silent_port silent;
  const auto link = make_link({.tls = {}, .answer_time_max = 3'600s, .fresh_for = 0ms});
  link->set_members(view_of({member(3, silent.address)}));
  std::promise<node_reports> first, second;
  link->ask([&](node_reports all) { first.set_value(std::move(all)); });
  link->ask([&](node_reports all) { second.set_value(std::move(all)); }); // shares the round
  link->close();
  CHECK(first.get_future().get()->empty());
  CHECK(second.get_future().get()->empty());
  CHECK(ask(*link)->empty());
}
