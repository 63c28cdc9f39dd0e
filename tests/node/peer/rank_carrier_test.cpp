// Where ranks of a node join, over real connections between nodes as the composition root puts them together.

#include "node/peer/convert_ranks.hpp"
#include "node/peer/grpc_rank_carrier.hpp"
#include "runtime/device_group/rank_seat.hpp"
#include "tests/node/grpc/certificates.hpp"
#include "tests/node/peer/rank_nodes.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

constexpr auto patient = 60s;
constexpr job_id job{.high = 3, .low = 4};

/// A node of a cluster: its carrier, and the server that holds the carrier's desk.
class carrying_node {
public:
  explicit carrying_node(uint64_t number, std::chrono::milliseconds meet_time = rank_meet_time)
      : worker{.node = node_id{number}, .boot = boot_epoch{1}, .number = 0} {
    auto made = grpc_rank_carrier::make({.meet_time = meet_time});
    REQUIRE(made);
    carrier = *made;
    server_ = std::make_unique<peer_server>(
        peer_server_options{.ranks = carrier->desk(), .rank_patience = meet_time, .message_bytes_max = 65'536},
        entrance_, meter_);
    const auto port = server_->start();
    REQUIRE_MESSAGE(port, (port ? "" : port.error().message));
    address_ = "127.0.0.1:" + std::to_string(*port);
  }
  carrying_node(const carrying_node&) = delete;
  carrying_node& operator=(const carrying_node&) = delete;
  ~carrying_node() { stop(); }

  void stop() {
    carrier->close();
    server_->shutdown(0ms);
  }
  cluster_member member() const {
    cluster_member out;
    out.node = worker.node;
    out.epoch = worker.boot;
    out.data_address = address_;
    out.condition = member_condition::serving;
    return out;
  }

  const group_worker worker;
  std::shared_ptr<grpc_rank_carrier> carrier;

private:
  std::string address_;
  fake_ingress entrance_{answer};
  std::shared_ptr<counting_meter> meter_ = std::make_shared<counting_meter>();
  std::unique_ptr<peer_server> server_;
};

cluster_view view_of(const std::vector<carrying_node*>& nodes) {
  cluster_view out;
  for (const auto* node : nodes)
    out.members.push_back(node->member());
  return out;
}

group_formation formation_of(uint64_t epoch, const std::vector<carrying_node*>& nodes) {
  group_formation out{.epoch = epoch};
  for (const auto* node : nodes)
    out.ranks.push_back(node->worker);
  return out;
}

std::unique_ptr<collective> join(carrying_node& node, const group_formation& formation, const cluster_view& view) {
  const auto seat = seat_of(job, formation, node.worker, view);
  REQUIRE_MESSAGE(seat, (seat ? "" : seat.error().message));
  auto end = node.carrier->join(*seat);
  REQUIRE_MESSAGE(end, (end ? "" : end.error().message));
  return *std::move(end);
}

rank_ends join_all(const std::vector<carrying_node*>& nodes, uint64_t epoch) {
  rank_ends out;
  for (auto* node : nodes)
    out.push_back(join(*node, formation_of(epoch, nodes), view_of(nodes)));
  return out;
}

/// Large enough for pieces as large as they may be.
status add_ranks(collective& c) {
  std::vector<int64_t> values(200'000, c.group().rank + 1);
  auto said = c.all_reduce(std::span{values}, reduce_op::sum, patient);
  const int64_t want = int64_t{c.group().ranks} * (c.group().ranks + 1) / 2;
  if (said && values != std::vector<int64_t>(values.size(), want))
    return failure{errc::internal, "another sum"};
  return said;
}

} // namespace

TEST_CASE("ranks join by their seats and work together, whatever nodes take from clients; survivors go on") {
  carrying_node a(1), b(2), c(3);
  {
    auto ends = join_all({&a, &b, &c}, 1);
    for (const auto& said : on_each_rank<status>(ends, add_ranks))
      CHECK_MESSAGE(said, (said ? "" : said.error().message));
    b.stop();
    for (const auto& said : on_each_rank<status>(ends, add_ranks)) {
      REQUIRE_FALSE(said);
      CHECK(said.error().code == errc::unavailable);
    }
  }
  auto survivors = join_all({&a, &c}, 2);
  for (const auto& said : on_each_rank<status>(survivors, add_ranks))
    CHECK_MESSAGE(said, (said ? "" : said.error().message));
}

TEST_CASE("two communicators of one node and two ranks of one node do not disturb each other") {
  carrying_node a(1), b(2);
  auto twin = a.worker;
  twin.number = 1;
  const group_formation formation{5, {a.worker, twin, b.worker}};
  const auto view = view_of({&a, &b});
  rank_ends ends;
  ends.push_back(join(a, formation, view));
  auto seat = seat_of(job, formation, twin, view);
  REQUIRE(seat);
  auto second = a.carrier->join(*seat);
  REQUIRE(second);
  ends.push_back(*std::move(second));
  ends.push_back(join(b, formation, view));
  auto others = join_all({&a, &b}, 6);
  for (auto* all : {&ends, &others})
    for (const auto& said : on_each_rank<status>(*all, add_ranks))
      CHECK_MESSAGE(said, (said ? "" : said.error().message));
}

TEST_CASE("ranks of another formation of the epoch are refused, and do not take a place in this one") {
  carrying_node a(1), b(2), c(3), stranger(4);
  const std::vector<carrying_node*> ours{&a, &b};
  auto upper = join(b, formation_of(1, ours), view_of(ours));
  // Has adopted another formation of epoch 1, in which b is rank 1 as well.
  const std::vector<carrying_node*> theirs{&a, &b, &stranger};
  auto mistaken = join(a, formation_of(1, theirs), view_of(theirs));
  const auto said = mistaken->barrier(patient);
  REQUIRE_FALSE(said);
  CHECK(said.error().code == errc::unavailable);
  CHECK_FALSE(upper->async_error());
  mistaken.reset();
  rank_ends ends;
  ends.push_back(join(a, formation_of(1, ours), view_of(ours)));
  ends.push_back(std::move(upper));
  for (const auto& s : on_each_rank<status>(ends, add_ranks))
    CHECK_MESSAGE(s, (s ? "" : s.error().message));
}

TEST_CASE("a rank that does not come is known to be missing when its time is over") {
  carrying_node a(1, 20ms), b(2, 20ms);
  const std::vector<carrying_node*> both{&a, &b};
  for (auto* alone : both) { // one waits to be called, one calls
    auto end = join(*alone, formation_of(1, both), view_of(both));
    const auto said = end->barrier(patient);
    REQUIRE_FALSE(said);
    CHECK(said.error().code == errc::unavailable);
  }
}

TEST_CASE("a carrier that is closed lets nobody join, and ends whoever waits") {
  carrying_node a(1), b(2);
  const std::vector<carrying_node*> both{&a, &b};
  auto end = join(a, formation_of(1, both), view_of(both));
  std::thread closer([&] { a.stop(); });
  CHECK(end->barrier(patient).error().code == errc::unavailable);
  closer.join();
  const auto late = a.carrier->join(*seat_of(job, formation_of(2, both), a.worker, view_of(both)));
  REQUIRE_FALSE(late);
  CHECK(late.error().code == errc::unavailable);
}

TEST_CASE("a seat without an address is refused, and TLS files that are not there") {
  carrying_node a(1);
  const auto nowhere = a.carrier->join({.job = job, .group = {1, 0, 2, 0}, .addresses = {"127.0.0.1:1", ""}});
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().code == errc::invalid_argument);
  const auto none = grpc_rank_carrier::make({.dialer = {.tls = tls_files{"/none.pem", "/none.key", ""}}});
  REQUIRE_FALSE(none);
  CHECK(none.error().code == errc::invalid_argument);
}

TEST_CASE("a pair of ranks is what it was after its way in a message; one that cannot be is refused") {
  const rank_pair pair{
      .communicator = {.job = job, .epoch = 7, .formation = UINT64_MAX}, .ranks = 64, .from = 3, .to = 63};
  peer::v1::RankPair message;
  write_rank_pair(pair, message);
  const auto read = read_rank_pair(message);
  REQUIRE(read);
  CHECK(*read == pair);
  message.set_to(64);
  CHECK(read_rank_pair(message).error().code == errc::invalid_argument);
}
