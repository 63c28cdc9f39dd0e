// Ranks on nodes of their own, over real connections.

#include "node/peer/convert_ranks.hpp"
#include "runtime/base/random_source.hpp"
#include "runtime/compute/collective/rank_frame_codec.hpp"
#include "runtime/compute/collective/thread_group.hpp"
#include "tests/node/grpc/certificates.hpp"
#include "tests/node/peer/rank_nodes.hpp"
#include "tests/node/peer/scripted_stream.hpp"
#include "weft/peer/v1/rank.grpc.pb.h"

#include <doctest/doctest.h>

#include <thread>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

namespace pb = weft::peer::v1;

constexpr auto patient = 60s;

/// What all verbs give one rank, one after the other.
result<std::vector<int64_t>> all_verbs(collective& c) {
  const auto [epoch, rank, ranks, formation] = c.group();
  random_source chance(rank + 1);
  std::vector<int64_t> values(100'001), sums, least, mine(1'000), gathered(1'000 * ranks), slice(20'000);
  for (auto& v : values)
    v = static_cast<int64_t>(chance.next());
  sums = least = values;
  std::copy_n(values.begin(), mine.size(), mine.begin());
  auto spread = values;
  std::vector<int64_t> out;
  const auto keep = [&](const status& said, const std::vector<int64_t>& got) {
    if (said)
      out.insert(out.end(), got.begin(), got.end());
    return said;
  };
  for (const auto& said :
       {keep(c.all_reduce(std::span{sums}, reduce_op::sum, patient), sums),
        keep(c.all_reduce(std::span{least}, reduce_op::minimum, patient), least),
        keep(c.all_gather(std::as_bytes(std::span{mine}), std::as_writable_bytes(std::span{gathered}), patient),
             gathered),
        keep(c.broadcast(std::as_writable_bytes(std::span{spread}), 1, patient), spread),
        keep(c.reduce_scatter(std::span{values}.first(20'000 * ranks), std::span{slice}, reduce_op::sum, patient),
             slice),
        c.barrier(patient)})
    if (!said)
      return said.error();
  return out;
}

/// A stream as one would open it who knows the protocol only.
class raw_stream {
public:
  raw_stream(const std::string& address, const rank_pair& pair)
      : stub_(pb::RankService::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))) {
    context_.set_deadline(soon());
    stream_ = stub_->ExchangeFrames(&context_);
    pb::ExchangeFramesRequest first;
    write_rank_pair(pair, *first.mutable_pair());
    stream_->Write(first);
  }
  void write(std::string bytes) {
    pb::ExchangeFramesRequest next;
    next.set_frame(std::move(bytes));
    stream_->Write(next);
  }
  /// Reads to the end.
  grpc::Status end() {
    pb::ExchangeFramesResponse in;
    while (stream_->Read(&in))
      continue;
    return stream_->Finish();
  }

private:
  std::unique_ptr<pb::RankService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<pb::ExchangeFramesRequest, pb::ExchangeFramesResponse>> stream_;
};

rank_pair first_two(uint64_t epoch, uint32_t ranks = 2) {
  return {.communicator = {{1, 2}, epoch, 0}, .ranks = ranks, .from = 0, .to = 1};
}

} // namespace

TEST_CASE("three nodes get from every verb what three threads get") {
  rank_nodes nodes(3);
  auto over_grpc = nodes.ends(1);
  auto threads = make_thread_group(3, 1);
  const auto got = on_each_rank<result<std::vector<int64_t>>>(over_grpc, all_verbs);
  const auto want = on_each_rank<result<std::vector<int64_t>>>(threads, all_verbs);
  REQUIRE(got.size() == 3);
  for (uint32_t rank = 0; rank < 3; ++rank) {
    REQUIRE_MESSAGE(got[rank], (got[rank] ? "" : got[rank].error().message));
    REQUIRE(want[rank]);
    CHECK((*got[rank] == *want[rank]));
  }
}

TEST_CASE("pieces as large as they may be fit through") {
  rank_nodes nodes(2);
  rank_ends ends;
  for (uint32_t rank = 0; rank < 2; ++rank)
    ends.push_back(std::make_unique<linked_collective>(collective_group{1, rank, 2}, nodes.link(rank, 1),
                                                       linked_options{.piece_bytes = rank_payload_bytes_max}));
  const auto said = on_each_rank<status>(ends, [](collective& c) -> status {
    std::vector<std::byte> bytes(9'000'001, static_cast<std::byte>(c.group().rank));
    auto spread = c.broadcast(bytes, 1, patient);
    if (spread && bytes != std::vector<std::byte>(bytes.size(), std::byte{1}))
      return failure{errc::internal, "other bytes"};
    return spread;
  });
  for (const auto& s : said)
    CHECK_MESSAGE(s, (s ? "" : s.error().message));
}

TEST_CASE("the last verb succeeds for all, although the first to finish closes its end at once") {
  rank_nodes nodes(3);
  for (uint64_t epoch = 1; epoch <= 20; ++epoch) {
    CAPTURE(epoch);
    auto ends = nodes.ends(epoch);
    const auto said = on_each_rank<status>(ends, [&](collective& c) {
      std::vector<int64_t> values(50'000, 1);
      auto reduced = c.all_reduce(std::span{values}, reduce_op::sum, patient);
      ends[c.group().rank].reset(); // its own
      return reduced;
    });
    CHECK(said.size() == 3);
    for (const auto& s : said)
      CHECK_MESSAGE(s, (s ? "" : s.error().message));
  }
}

TEST_CASE("frames wait for a rank that is called before it is ready, and for one that has to call") {
  rank_nodes nodes(2);
  recording_inbox first, second;
  const auto upper = nodes.link(1, 1);
  const auto lower = nodes.link(0, 1);
  upper->attach(&second);
  for (uint64_t i = 0; i < rank_window; ++i)
    CHECK(upper->send(0, piece_frame(i, 1)));
  lower->attach(&first); // it calls
  CHECK(eventually([&] { return first.frames().size() == rank_window; }));
  for (uint64_t i = 0; i < rank_window; ++i)
    CHECK(number_of(first.frames()[i]) == i);

  recording_inbox late;
  const auto early_caller = nodes.link(0, 2);
  early_caller->attach(&first);
  for (uint64_t i = 0; i < rank_window; ++i)
    CHECK(early_caller->send(1, piece_frame(i, 0)));
  CHECK(eventually([&] { return nodes.node(1).desk->held() == 1; }));
  const auto late_rank = nodes.link(1, 2);
  late_rank->attach(&late);
  CHECK(eventually([&] { return late.frames().size() == rank_window; }));
  for (uint64_t i = 0; i < rank_window; ++i)
    CHECK(number_of(late.frames()[i]) == i);
  CHECK(nodes.node(1).desk->held() == 0);
  CHECK(first.all_up());
  CHECK(late.all_up());
}

TEST_CASE("no more than the window waits for a rank that has not called") {
  rank_nodes nodes(2);
  recording_inbox inbox;
  const auto link = nodes.link(1, 1);
  CHECK(link->send(0, piece_frame(0, 1)).error().code == errc::unavailable); // not attached
  link->attach(&inbox);
  for (uint64_t i = 0; i < rank_window; ++i)
    CHECK(link->send(0, piece_frame(i, 1)));
  CHECK(inbox.all_up());
  CHECK(link->send(0, piece_frame(9, 1)).error().code == errc::overloaded);
  CHECK(says(inbox.why_down(0), "more frames wait")); // always, after a send that failed
  CHECK(link->send(0, piece_frame(9, 1)).error().code == errc::unavailable);
  CHECK(error_info(raw_stream(nodes.node(1).address, first_two(1)).end()).reason() == "UNAVAILABLE"); // too late
  CHECK(link->send(1, piece_frame(0, 1)).error().code == errc::unavailable);                          // itself
  CHECK(link->send(2, piece_frame(0, 1)).error().code == errc::unavailable);
}

TEST_CASE("what a rank sends to one that does not read stays with it: beyond the window the way ends, and is told") {
  rank_nodes nodes(2);
  recording_inbox inbox;
  const auto link = nodes.link(0, 1);
  link->attach(&inbox);
  uint64_t taken = 0;
  while (true) {
    auto frame = piece_frame(taken, 0);
    std::get<rank_piece>(frame.body).payload.resize(rank_payload_bytes_max);
    if (const auto sent = link->send(1, std::move(frame)); !sent) {
      CHECK(sent.error().code == errc::overloaded);
      break;
    }
    REQUIRE(++taken < 16); // gRPC's own windows take less than a few pieces
  }
  CHECK(taken >= rank_window);
  CHECK(says(inbox.why_down(1), "more frames wait"));
  CHECK(link->send(1, piece_frame(taken, 0)).error().code == errc::unavailable);
}

TEST_CASE("a verb that begins long before the other rank is there waits with its first pieces, and then succeeds") {
  rank_nodes nodes(2);
  const auto reduce = [](collective& c) {
    std::vector<int64_t> values(1'000'000, c.group().rank + 1);
    auto said = c.all_reduce(std::span{values}, reduce_op::sum, patient);
    if (said && values != std::vector<int64_t>(values.size(), 3))
      return status{failure{errc::internal, "another sum"}};
    return said;
  };
  linked_collective lower({1, 0, 2, 0}, nodes.link(0, 1));
  std::optional<status> first;
  std::thread early([&] { first = reduce(lower); });
  CHECK(eventually([&] { return nodes.node(1).desk->held() == 1; }));
  linked_collective upper({1, 1, 2, 0}, nodes.link(1, 1));
  const auto second = reduce(upper);
  early.join();
  CHECK_MESSAGE(second, (second ? "" : second.error().message));
  CHECK_MESSAGE(*first, (*first ? "" : first->error().message));
}

TEST_CASE("who closes in peace is known to be gone after its last words; nothing comes to it any more") {
  rank_nodes nodes(3);
  recording_inbox inboxes[3];
  std::vector<std::shared_ptr<rank_link>> links;
  for (uint32_t rank = 0; rank < 3; ++rank) {
    links.push_back(nodes.link(rank, 1));
    links.back()->attach(&inboxes[rank]);
  }
  for (const uint32_t other : {0, 2})
    CHECK(links[other]->send(1, piece_frame(0, other)));
  CHECK(eventually([&] { return inboxes[1].frames().size() == 2; })); // all streams are there
  for (const uint32_t to : {0, 2})
    CHECK(links[1]->send(to, {.epoch = 1, .from = 1, .body = rank_leave{}}));
  links[1]->attach(nullptr);
  for (const uint32_t other : {0, 2}) {
    CHECK(says(inboxes[other].why_down(1), "ended its stream"));
    REQUIRE(inboxes[other].frames().size() == 1);
    CHECK(std::holds_alternative<rank_leave>(inboxes[other].frames()[0].body));
    const auto sent = links[other]->send(1, piece_frame(1, other));
    CHECK((!sent && sent.error().code == errc::unavailable));
  }
  CHECK(links[1]->send(0, piece_frame(0, 1)).error().code == errc::unavailable);
  CHECK(inboxes[1].frames().size() == 2);
  CHECK(inboxes[1].all_up()); // it was not told of its own end
  recording_inbox again;
  links[1]->attach(&again);
  CHECK(says(again.why_down(0), "closed"));
  CHECK(says(again.why_down(2), "closed"));
}

TEST_CASE("a stream of an epoch that is over is refused at once, with the one that runs") {
  rank_nodes nodes(2);
  recording_inbox lower, upper;
  const auto running = nodes.link(1, 5);
  running->attach(&upper);
  const auto left_behind = nodes.link(0, 4);
  left_behind->attach(&lower);
  CHECK(says(lower.why_down(1), "epoch 4 of the communicator is over, epoch 5 runs"));
  const auto ended = raw_stream(nodes.node(1).address, first_two(3)).end();
  CHECK(ended.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(error_info(ended).reason() == "UNAVAILABLE");
  CHECK(error_info(ended).metadata().at("epoch") == "5");
  CHECK(upper.all_up());
}

TEST_CASE("a stream of a communicator that nobody knows is refused when its time is over") {
  rank_node node({.patience = 20ms});
  const auto ended = raw_stream(node.address, first_two(1)).end();
  CHECK(ended.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(error_info(ended).reason() == "UNAVAILABLE");
  CHECK(says(ended.error_message(), "nobody here takes part"));
  CHECK(node.desk->held() == 0);
}

TEST_CASE("a node without ranks, one where too many wait, and a pair that cannot be: each has its answer") {
  rank_node none({.has_ranks = false});
  CHECK(error_info(raw_stream(none.address, first_two(1)).end()).reason() == "UNAVAILABLE");
  rank_node full({.held_max = 0});
  CHECK(error_info(raw_stream(full.address, first_two(1)).end()).reason() == "OVERLOADED");
  for (const auto& pair : {rank_pair{.ranks = 2, .from = 1, .to = 0}, rank_pair{.ranks = 2, .from = 0, .to = 2},
                           rank_pair{.ranks = 65, .from = 0, .to = 1}, rank_pair{}})
    CHECK(error_info(raw_stream(full.address, pair).end()).reason() == "INVALID_ARGUMENT");
}

TEST_CASE("a pair of ranks has one stream, and all count the same ranks") {
  rank_nodes nodes(2);
  recording_inbox lower, upper;
  const auto first = nodes.link(0, 1);
  const auto second = nodes.link(1, 1);
  second->attach(&upper);
  first->attach(&lower);
  CHECK(first->send(1, piece_frame(0, 0)));
  CHECK(eventually([&] { return upper.frames().size() == 1; }));
  CHECK(error_info(raw_stream(nodes.node(1).address, first_two(1)).end()).reason() == "INVALID_ARGUMENT");
  CHECK(error_info(raw_stream(nodes.node(1).address, first_two(1, 3)).end()).reason() == "INVALID_ARGUMENT");
  CHECK(lower.all_up());
  CHECK(upper.all_up());
}

TEST_CASE("bytes that are no frame end the stream, and with it the way") {
  rank_nodes nodes(2);
  recording_inbox inbox;
  const auto link = nodes.link(1, 1);
  link->attach(&inbox);
  raw_stream stream(nodes.node(1).address, first_two(1));
  stream.write(encode(piece_frame(0, 0)));
  stream.write("GET / HTTP/1.1");
  CHECK_FALSE(stream.end().ok());
  CHECK(says(inbox.why_down(0), "not a frame between ranks"));
  CHECK(inbox.frames().size() == 1);
}

TEST_CASE("a rank that nobody calls, and one whose node is not there, are known to be gone") {
  rank_nodes nodes(3);
  recording_inbox middle, lowest;
  const auto waiting = nodes.link(1, 1, {}, 20ms);
  waiting->attach(&middle);
  CHECK(middle.why_down(0) == "it did not call within 20 ms");
  nodes.node(2).die();
  const auto calls = nodes.link(0, 1);
  calls->attach(&lowest);
  CHECK(says(lowest.why_down(2), "its stream broke"));
  CHECK(says(lowest.why_down(1), "its stream"));
}

TEST_CASE("a link knows its ranks") {
  rank_node node;
  const auto made = [&](uint32_t rank, std::vector<std::string> addresses) {
    return grpc_rank_link::make(node.desk, node.dialer, {.rank = rank, .addresses = std::move(addresses)});
  };
  CHECK(made(0, {"a:1"}));
  for (const auto& wrong :
       {made(1, {"a:1"}), made(0, {}), made(0, {"a:1", ""}), made(0, std::vector<std::string>(65, "a:1"))})
    CHECK((!wrong && wrong.error().code == errc::invalid_argument));
}

TEST_CASE("with certificates of one authority ranks meet; who shows none, or another's, is not heard") {
  const certificates files;
  const tls_files ours{files.path("server.pem"), files.path("server.key"), files.path("ca.pem")};
  const tls_files theirs{files.path("other-server.pem"), files.path("other-server.key"), files.path("other-ca.pem")};
  rank_nodes nodes(2, {.tls = ours});
  {
    auto ends = nodes.ends(1);
    for (const auto& s : on_each_rank<status>(ends, [](collective& c) { return c.barrier(patient); }))
      CHECK_MESSAGE(s, (s ? "" : s.error().message));
  }
  for (const auto& wrong : {std::optional<tls_files>{}, std::optional{theirs}}) {
    auto dialer = rank_dialer::make({.tls = wrong});
    REQUIRE(dialer);
    recording_inbox inbox;
    auto link = grpc_rank_link::make(std::make_shared<rank_desk>(), *dialer,
                                     {.addresses = {"127.0.0.1:1", nodes.node(1).address}});
    REQUIRE(link);
    (*link)->attach(&inbox);
    CHECK(says(inbox.why_down(1), "its stream broke"));
    (*link)->attach(nullptr);
    CHECK(nodes.node(1).desk->held() == 0);
  }
}
