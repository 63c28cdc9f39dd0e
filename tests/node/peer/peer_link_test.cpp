#include "node/peer/grpc_peer_link.hpp"
#include "node/peer/peer_server.hpp"
#include "tests/node/grpc/test_node.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

constexpr node_id here{1};
constexpr node_id there{2};

/// What one request brought. Shared with the link.
struct outcome {
  mutable std::mutex mutex; // guards the next two
  std::map<uint32_t, embedding> items;
  std::optional<peer_end> end;
  std::atomic<int> ends{0};
  std::atomic<int> parts{0};
  peer_cancel cancel;

  size_t count() const {
    const std::lock_guard hold(mutex);
    return items.size();
  }
  errc code() const {
    const std::lock_guard hold(mutex);
    REQUIRE(end);
    return end->outcome ? errc::none : end->outcome.error().code;
  }
  failure reason() const {
    const std::lock_guard hold(mutex);
    REQUIRE(end);
    REQUIRE_FALSE(end->outcome);
    return end->outcome.error();
  }
};

/// A node that answers others on a free port, and the way to it.
struct two_nodes {
  explicit two_nodes(fake_ingress::handler handler = answer, const peer_link_options& options = {})
      : entrance(std::move(handler)) {
    peer_server_options served;
    served.load = [] {
      return node_load{.queued_tokens = 7, .calls_in_flight = 1, .workers = 2, .tokens_per_second = 3};
    };
    server = std::make_unique<peer_server>(served, entrance, counts);
    auto started = server->start();
    REQUIRE_MESSAGE(started, (started ? "" : started.error().message));
    address = "127.0.0.1:" + std::to_string(*started);
    auto made = grpc_peer_link::make(options);
    REQUIRE(made);
    link = *made;
    tell(member_condition::serving);
  }

  void tell(member_condition condition) const {
    cluster_view view{.self = here, .version = 1, .members = {}};
    view.members.push_back({.node = here});
    view.members.push_back({.node = there, .data_address = address, .condition = condition});
    link->set_members(view);
  }

  std::shared_ptr<outcome> ask(std::vector<std::string> texts, time_point deadline = time_point::max(),
                               node_id peer = there) const {
    auto out = std::make_shared<outcome>();
    peer_request request;
    request.context.request_id = "r";
    request.context.deadline = deadline;
    request.kind = std::make_shared<const result_kind>(
        result_kind_parts{.operation = "embed", .model = "m", .model_version = "0123456789ab"});
    request.model = "m";
    request.texts = std::move(texts);
    out->cancel = link->ask(peer, std::move(request),
                            {.on_items =
                                 [out](std::vector<peer_item> items) {
                                   const std::lock_guard hold(out->mutex);
                                   CHECK(out->ends == 0);
                                   ++out->parts;
                                   for (const auto& item : items)
                                     CHECK(out->items.emplace(item.index, *item.value).second);
                                 },
                             .on_end =
                                 [out](peer_end end) {
                                   const std::lock_guard hold(out->mutex);
                                   out->end = std::move(end);
                                   ++out->ends;
                                 }});
    return out;
  }

  /// Asks, and waits for the end.
  std::shared_ptr<outcome> ended(std::vector<std::string> texts, time_point deadline = time_point::max(),
                                 node_id peer = there) const {
    auto out = ask(std::move(texts), deadline, peer);
    REQUIRE(eventually([&] { return out->ends > 0; }));
    CHECK(out->ends == 1);
    return out;
  }

  fake_ingress entrance;
  std::shared_ptr<counting_meter> counts = std::make_shared<counting_meter>();
  std::unique_ptr<peer_server> server;
  std::string address;
  std::shared_ptr<grpc_peer_link> link;
};

peer_item computed(const call& c, uint32_t index) {
  return {.index = index, .value = std::make_shared<const embedding>(fake_embedding(c.request().texts[index]))};
}

} // namespace

TEST_CASE("a peer answers all texts, with its load and the usage") {
  two_nodes nodes{[](const call_ptr& c) {
    CHECK(c->origin() != nullptr);
    CHECK(c->origin()->kind->parts().model == "m");
    CHECK(c->takes_parts());
    CHECK(c->context().request_id == "r");
    c->reply(fake_result(c->request()));
  }};
  const auto got = nodes.ended({"a", "bb", std::string("\xff", 1)});
  CHECK(got->code() == errc::none);
  CHECK(got->items.size() == 3);
  CHECK(got->items[1].values == fake_embedding("bb").values);
  REQUIRE(got->end->load);
  CHECK(got->end->load->queued_tokens == 7);
  CHECK(got->end->load->tokens_per_second == 3);
  CHECK(got->end->usage.tokens == 3 + 4 + 3);
  CHECK(nodes.counts->count("peer_ask", errc::none) == 1);
}

TEST_CASE("items come before the end, as they are given, and none twice") {
  two_nodes nodes{fake_ingress::handler{}};
  const auto got = nodes.ask({"a", "b", "c"});
  auto call = nodes.entrance.take(1).front();
  call->part({computed(*call, 2)});
  REQUIRE(eventually([&] { return got->count() == 1; }));
  CHECK(got->ends == 0);
  call->part({computed(*call, 2), computed(*call, 0)});
  call->reply(fake_result(call->request()));
  REQUIRE(eventually([&] { return got->ends == 1; }));
  CHECK(got->code() == errc::none);
  CHECK(got->count() == 3);
  call.reset();
}

TEST_CASE("an error comes with its code and details, after the items that are good") {
  two_nodes nodes{[](const call_ptr& c) {
    c->part({computed(*c, 0)});
    c->fail({errc::text_too_long, "text 1 has 300 tokens", {{"item", "1"}}});
  }};
  const auto got = nodes.ended({"a", "b"});
  CHECK(got->code() == errc::text_too_long);
  CHECK(got->reason().message == "text 1 has 300 tokens");
  CHECK(got->reason().metadata == failure{errc::none, "", {{"item", "1"}}}.metadata);
  CHECK(got->count() == 1);
}

TEST_CASE("overload says when to come back, and an identity that differs is told apart") {
  two_nodes nodes{[](const call_ptr& c) {
    if (c->request().texts[0] == "other")
      c->fail({errc::other_identity, "another version"});
    else
      c->fail({errc::overloaded, "full", {}, 250ms});
  }};
  CHECK(nodes.ended({"other"})->code() == errc::other_identity);
  const auto full = nodes.ended({"a"})->reason();
  CHECK(full.code == errc::overloaded);
  CHECK(full.retry_after == 250ms);
}

TEST_CASE("what a peer computed with another model, version or numeric class than was asked for is not taken") {
  using change = std::function<void(embed_result&)>;
  const std::vector<change> changes{[](embed_result& it) { it.model = "other"; },
                                    [](embed_result& it) { it.model_version = "ba9876543210"; },
                                    [](embed_result& it) { it.precision = numeric_class::int16; }};
  for (const auto& make_other : changes) {
    two_nodes nodes{[&](const call_ptr& c) {
      auto made = fake_result(c->request());
      make_other(made);
      c->reply(std::move(made));
    }};
    const auto got = nodes.ended({"a", "b"});
    CHECK(got->code() == errc::other_identity);
    CHECK(got->count() == 0);
    CHECK(nodes.counts->count("peer_ask", errc::other_identity) == 1);
  }
}

TEST_CASE("a call that is lost in the peer is unavailable") {
  two_nodes nodes{[](const call_ptr&) {}};
  CHECK(nodes.ended({"a"})->code() == errc::unavailable);
}

TEST_CASE("the deadline travels, ends the request here and cancels the call there") {
  two_nodes nodes{fake_ingress::handler{}};
  const auto got = nodes.ask({"a"}, std::chrono::steady_clock::now() + 300ms);
  const auto call = nodes.entrance.take(1).front();
  // gRPC rounds the time that is left up on the wire, so the other side may count a little more of it.
  CHECK(call->context().deadline <= std::chrono::steady_clock::now() + 400ms);
  CHECK(eventually([&] { return got->ends == 1; }));
  CHECK(got->code() == errc::deadline_exceeded);
  CHECK(eventually([&] { return call->ended(); }));
  CHECK(nodes.ended({"a"}, std::chrono::steady_clock::now() - 1ms)->code() == errc::deadline_exceeded);
}

TEST_CASE("an unknown member, one that left, and one where nobody listens are unavailable") {
  two_nodes nodes;
  CHECK(nodes.ended({"a"}, time_point::max(), node_id{9})->code() == errc::unavailable);
  nodes.server->shutdown(0ms);
  CHECK(nodes.ended({"a"})->code() == errc::unavailable);
  nodes.tell(member_condition::left);
  CHECK(nodes.ended({"a"})->code() == errc::unavailable);
}

TEST_CASE("a peer that stops in the middle ends the request once; what came is good") {
  two_nodes nodes{fake_ingress::handler{}};
  const auto got = nodes.ask({"a", "b"});
  auto call = nodes.entrance.take(1).front();
  call->part({computed(*call, 1)});
  REQUIRE(eventually([&] { return got->count() == 1; }));
  nodes.server->shutdown(0ms);
  REQUIRE(eventually([&] { return got->ends == 1; }));
  CHECK(got->code() == errc::unavailable);
  CHECK(call->ended());
}

TEST_CASE("a member that is found dead ends what was asked of it, though its machine is silent") {
  two_nodes nodes{fake_ingress::handler{}};
  const auto got = nodes.ask({"a"});
  const auto call = nodes.entrance.take(1).front();
  nodes.tell(member_condition::suspect); // may be slow only
  CHECK(got->ends == 0);
  nodes.tell(member_condition::dead);
  REQUIRE(eventually([&] { return got->ends == 1; }));
  CHECK(got->code() == errc::unavailable);
  CHECK(eventually([&] { return call->ended(); }));
}

TEST_CASE("too many unanswered requests to one peer are refused here") {
  two_nodes nodes{fake_ingress::handler{}, {.asks_per_peer_max = 2}};
  const auto first = nodes.ask({"a"});
  const auto second = nodes.ask({"b"});
  CHECK(nodes.ended({"c"})->code() == errc::overloaded);
  for (const auto& call : nodes.entrance.take(2))
    call->reply(fake_result(call->request()));
  REQUIRE(eventually([&] { return first->ends == 1 && second->ends == 1; }));
  const auto third = nodes.ask({"c"});
  const auto call = nodes.entrance.take(1).front();
  call->reply(fake_result(call->request()));
  CHECK(eventually([&] { return third->ends == 1; }));
}

TEST_CASE("closing the link ends every request, and later ones at once") {
  two_nodes nodes{fake_ingress::handler{}};
  const auto got = nodes.ask({"a"});
  const auto call = nodes.entrance.take(1).front();
  nodes.link->close();
  CHECK(got->ends == 1);
  CHECK(got->code() == errc::unavailable);
  const auto late = nodes.ask({"b"});
  CHECK(late->ends == 1);
  CHECK(late->code() == errc::unavailable);
}

TEST_CASE("a request that nobody waits for is ended on both sides; what came is good") {
  two_nodes nodes{fake_ingress::handler{}};
  const auto got = nodes.ask({"a", "b"});
  const auto other = nodes.ask({"c"});
  auto calls = nodes.entrance.take(2);
  if (calls[0]->request().texts.size() != 2)
    std::swap(calls[0], calls[1]);
  calls[0]->part({computed(*calls[0], 1)});
  REQUIRE(eventually([&] { return got->count() == 1; }));
  got->cancel();
  got->cancel();
  REQUIRE(eventually([&] { return got->ends == 1; }));
  CHECK(got->code() == errc::cancelled);
  CHECK(eventually([&] { return calls[0]->ended(); }));
  CHECK_FALSE(calls[1]->ended());
  calls[1]->reply(fake_result(calls[1]->request()));
  REQUIRE(eventually([&] { return other->ends == 1; }));
  other->cancel(); // too late to matter
  got->cancel();
  CHECK(other->code() == errc::none);
  CHECK(got->ends == 1);
}
