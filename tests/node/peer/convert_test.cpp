#include "node/peer/convert.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace weft;
namespace pb = weft::peer::v1;

namespace {

member_record whole_record() {
  auto profile = std::make_shared<member_profile>();
  profile->name = "n1";
  profile->client_address = "10.0.0.1:7700";
  profile->peer_address = "10.0.0.1:7701";
  profile->data_address = "10.0.0.1:7702";
  profile->region = "r";
  profile->zone = "z";
  profile->weight = 2.5;
  profile->protocol = {.min = 2, .max = 7};
  return {.node = node_id{0xffffffffffffffff},
          .epoch = boot_epoch{9},
          .incarnation = 4'000'000'000,
          .profile_version = 3,
          .state = member_state::suspect,
          .phase = member_phase::draining,
          .health = node_health::degraded,
          .load = 15,
          .profile = std::move(profile)};
}

void check_same(const member_record& a, const member_record& b) {
  CHECK(a.node == b.node);
  CHECK(a.epoch == b.epoch);
  CHECK(a.incarnation == b.incarnation);
  CHECK(a.profile_version == b.profile_version);
  CHECK(a.state == b.state);
  CHECK(a.phase == b.phase);
  CHECK(a.health == b.health);
  CHECK(a.load == b.load);
  REQUIRE((a.profile == nullptr) == (b.profile == nullptr));
  if (a.profile)
    CHECK(*a.profile == *b.profile);
}

peer_message message_with(message_body body) {
  peer_message out{.cluster = 0x8000000000000001,
                   .sender = node_id{7},
                   .sender_epoch = boot_epoch{2},
                   .sender_load = 11,
                   .sender_digest = 0xfedcba9876543210,
                   .body = std::move(body),
                   .news = {}};
  auto brief = whole_record();
  brief.profile = nullptr;
  out.news = {{whole_record(), node_id{5}}, {brief, node_id{}}};
  return out;
}

/// Over the wire, in bytes.
result<peer_message> sent(const peer_message& message) {
  pb::PeerMessage out;
  write_peer_message(message, out);
  pb::PeerMessage in;
  REQUIRE(in.ParseFromString(out.SerializeAsString()));
  return read_peer_message(in);
}

peer_request ask_for(std::vector<std::string> texts) {
  peer_request out;
  out.context = {.request_id = "id", .tenant = "t", .caller = role::operator_, .priority = priority::batch};
  out.context.traceparent = "00-\xff";
  out.kind = std::make_shared<const result_kind>(result_kind_parts{.operation = "embed",
                                                                   .model = "m",
                                                                   .model_version = "v",
                                                                   .precision = numeric_class::int16,
                                                                   .parameters = std::string("\0\xff", 2),
                                                                   .scope = "t",
                                                                   .generation = 12});
  out.model = "m";
  out.options = {.normalize = false, .truncate = true, .side = truncation_side::left};
  out.texts = std::move(texts);
  out.compute_only = true;
  return out;
}

result<asked> arrived(const peer_request& request) {
  pb::AskRequest out;
  write_ask_request(request, out);
  pb::AskRequest in;
  REQUIRE(in.ParseFromString(out.SerializeAsString()));
  return read_ask_request(in);
}

} // namespace

TEST_CASE("every message between members arrives as it was sent") {
  const cluster_claim claim{"demo", {.min = 1, .max = 3}};
  const std::vector<message_body> bodies{
      ping{1, node_id{2}},
      ack{3, node_id{4}},
      ping_request{5, node_id{6}},
      nack{7, node_id{8}, true},
      gossip{},
      sync_request{claim, true, {whole_record()}},
      sync_reply{claim, join_verdict::other_cluster, "why", {whole_record(), whole_record()}},
  };
  REQUIRE(bodies.size() == message_kinds);
  for (const auto& body : bodies) {
    CAPTURE(body.index());
    const auto message = message_with(body);
    const auto back = sent(message);
    REQUIRE(back);
    CHECK(back->cluster == message.cluster);
    CHECK(back->sender == message.sender);
    CHECK(back->sender_epoch == message.sender_epoch);
    CHECK(back->sender_load == message.sender_load);
    CHECK(back->sender_digest == message.sender_digest);
    REQUIRE(back->news.size() == message.news.size());
    for (size_t i = 0; i < message.news.size(); ++i) {
      check_same(back->news[i].record, message.news[i].record);
      CHECK(back->news[i].accuser == message.news[i].accuser);
    }
    CHECK(back->body.index() == body.index());
  }
}

TEST_CASE("the fields of each body arrive") {
  const auto body_of = [](message_body body) { return sent(message_with(std::move(body)))->body; };
  CHECK(std::get<ping>(body_of(ping{1, node_id{2}})).target == node_id{2});
  CHECK(std::get<ack>(body_of(ack{3, node_id{4}})).sequence == 3);
  CHECK(std::get<ping_request>(body_of(ping_request{5, node_id{6}})).target == node_id{6});
  CHECK(std::get<nack>(body_of(nack{7, node_id{8}, true})).refused);
  const auto request = std::get<sync_request>(body_of(sync_request{{"c", {2, 4}}, true, {whole_record()}}));
  CHECK(request.claim.cluster_id == "c");
  CHECK(request.claim.protocol == protocol_range{2, 4});
  CHECK(request.joining);
  REQUIRE(request.records.size() == 1);
  check_same(request.records[0], whole_record());
  const auto reply =
      std::get<sync_reply>(body_of(sync_reply{{"c", {}}, join_verdict::identity_taken, "why", {whole_record()}}));
  CHECK(reply.verdict == join_verdict::identity_taken);
  CHECK(reply.reason == "why");
  CHECK(reply.records.size() == 1);
}

TEST_CASE("what no release of ours sends is refused, and claims of a later one are left out") {
  pb::PeerMessage message;
  write_peer_message(message_with(gossip{}), message);
  message.set_sender(0);
  CHECK_FALSE(read_peer_message(message));
  write_peer_message(message_with(gossip{}), message);
  message.clear_body();
  CHECK_FALSE(read_peer_message(message));

  pb::PeerMessage later;
  write_peer_message(message_with(gossip{}), later);
  later.mutable_news(0)->mutable_record()->set_state(static_cast<pb::MemberState>(17));
  const auto read = read_peer_message(later);
  REQUIRE(read);
  CHECK(read->news.size() == 1);
}

TEST_CASE("a request arrives whole, whatever bytes its texts have") {
  const auto request = ask_for({"a", "", "\xff\xfe", std::string("nul\0nul", 7)});
  const auto got = arrived(request);
  REQUIRE(got);
  CHECK(got->request.texts == request.texts);
  CHECK(got->request.model == "m");
  CHECK_FALSE(got->request.options.normalize);
  CHECK(got->request.options.truncate);
  CHECK(got->request.options.side == truncation_side::left);
  CHECK(got->context.request_id == "id");
  CHECK(got->context.tenant == "t");
  CHECK(got->context.caller == role::operator_);
  CHECK(got->context.priority == priority::batch);
  CHECK(got->context.traceparent == "00-\xff");
  CHECK(got->origin.compute_only);
  CHECK(got->origin.kind->bytes() == request.kind->bytes());
}

TEST_CASE("a request without texts, with too many, or with an unknown kind is refused") {
  CHECK(arrived(ask_for({})).error().code == errc::empty_call);
  CHECK(arrived(ask_for(std::vector<std::string>(ask_items_max + 1))).error().code == errc::too_many_items);
  pb::AskRequest unknown;
  write_ask_request(ask_for({"a"}), unknown);
  unknown.mutable_kind()->set_precision("fp4");
  CHECK(read_ask_request(unknown).error().code == errc::invalid_argument);
}

TEST_CASE("what another node is to compress arrives with its parameters, and is not cached where that was not wanted") {
  auto request = ask_for({"a"});
  CHECK(arrived(request)->request.options.compress.empty());
  CHECK(arrived(request)->request.options.cached);
  request.options.compress = std::string("any\0bytes\xff", 10);
  request.options.cached = false;
  CHECK(arrived(request)->request.options == request.options);
}

TEST_CASE("a compressed text arrives as it was made, also an empty one") {
  for (const std::string& document : {std::string{}, std::string("\0\xff", 2)}) {
    const embedding value{.values = {}, .tokens = 7, .document = std::make_shared<const std::string>(document)};
    pb::AskItem item;
    write_ask_item(0, value, item);
    const auto back = read_ask_item(item);
    REQUIRE(back.value->document);
    CHECK(*back.value->document == document);
    CHECK(back.value->tokens == 7);
  }
}

TEST_CASE("an item arrives to the bit") {
  const embedding value{.values = {1.5f, -0.0f, 3e-39f}, .tokens = 9, .truncated = true, .source = source::store};
  pb::AskItem item;
  write_ask_item(3, value, item);
  const auto back = read_ask_item(item);
  CHECK(back.index == 3);
  CHECK(back.value->values == value.values);
  CHECK(back.value->tokens == 9);
  CHECK(back.value->truncated);
  CHECK(back.value->source == source::store);
}

TEST_CASE("a load of an older release tells of no engines, and of a later one's many as many are read as fit") {
  pb::ExactLoad old;
  old.set_queued_tokens(7);
  CHECK(read_load(old).groups[0].engines == 0);
  pb::ExactLoad later;
  later.add_engine_groups(); // without engines: it means nothing
  for (uint32_t i = 1; i <= 100; ++i) {
    auto& group = *later.add_engine_groups();
    group.set_engines(i);
    group.set_tokens_per_second(1e4);
  }
  const auto load = read_load(later);
  for (uint32_t i = 0; i < engine_groups_max; ++i)
    CHECK(load.groups[i].engines == i + 1);
}

TEST_CASE("speeds that no engine can have are not told") {
  constexpr auto none = std::numeric_limits<double>::quiet_NaN();
  constexpr auto endless = std::numeric_limits<double>::infinity();
  for (const double speed : {none, endless, -endless, -1.0, 0.0, -0.0, 1e-300, 1e300}) {
    CAPTURE(speed);
    pb::ExactLoad told;
    told.set_tokens_per_second(speed);
    told.set_queued_tokens(5);
    auto* group = told.add_engine_groups();
    group->set_engines(1);
    group->set_tokens_per_second(speed);
    group = told.add_engine_groups();
    group->set_engines(2);
    group->set_tokens_per_second(1e4);
    group->set_batch_seconds(speed == 0 ? -1 : speed); // a fixed cost of nothing is one
    group = told.add_engine_groups();
    group->set_engines(3);
    group->set_tokens_per_second(1e4);
    const auto load = read_load(told);
    CHECK(load.tokens_per_second == 0);
    CHECK(load.queued_tokens == 5);
    CHECK(load.groups[0].engines == (speed == 1e-300 ? 2 : 3));
  }
}

TEST_CASE("load and usage ride on the summary") {
  pb::AskSummary summary;
  const engine_group device{.engines = 2, .batch_seconds = 0.002, .tokens_per_second = 1e6};
  const engine_group cpus{.engines = 4, .batch_seconds = 0.0001, .tokens_per_second = 1e4};
  write_ask_summary(
      node_load{
          .queued_tokens = 1, .calls_in_flight = 2, .workers = 3, .tokens_per_second = 4.5, .groups = {device, cpus}},
      {.tokens = 5, .device_seconds = 0.25}, summary);
  const auto load = read_load(summary.load());
  CHECK(load.queued_tokens == 1);
  CHECK(load.calls_in_flight == 2);
  CHECK(load.workers == 3);
  CHECK(load.tokens_per_second == 4.5);
  CHECK(load.groups[0].engines == 2);
  CHECK(load.groups[0].batch_seconds == 0.002);
  CHECK(load.groups[0].tokens_per_second == 1e6);
  CHECK(load.groups[1].engines == 4);
  CHECK(load.groups[2].engines == 0);
  CHECK(summary.usage_tokens() == 5);
  CHECK(summary.usage_device_seconds() == 0.25);
}
