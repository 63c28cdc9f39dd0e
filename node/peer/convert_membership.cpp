#include "node/peer/convert.hpp"

#include <cmath>
#include <utility>

namespace weft {
namespace {

namespace pb = weft::peer::v1;

constexpr uint8_t load_max = 15;
constexpr double weight_max = 1e6;

// The numbers of these enumerations are the runtime's plus one, since 0 means "unset" on the wire.
static_assert(pb::MEMBER_STATE_ALIVE == int(member_state::alive) + 1);
static_assert(pb::MEMBER_STATE_LEFT == int(member_state::left) + 1);
static_assert(pb::MEMBER_PHASE_STARTING == int(member_phase::starting) + 1);
static_assert(pb::MEMBER_PHASE_DRAINING == int(member_phase::draining) + 1);
static_assert(pb::NODE_HEALTH_HEALTHY == int(node_health::healthy) + 1);
static_assert(pb::NODE_HEALTH_UNHEALTHY == int(node_health::unhealthy) + 1);
static_assert(pb::JOIN_VERDICT_ACCEPTED == int(join_verdict::accepted) + 1);
static_assert(pb::JOIN_VERDICT_IDENTITY_TAKEN == int(join_verdict::identity_taken) + 1);

template <class Wire, class T> Wire to_wire(T value) noexcept {
  return static_cast<Wire>(static_cast<int>(value) + 1);
}
template <class T, class Wire> T from_wire(Wire value) noexcept {
  return static_cast<T>(static_cast<int>(value) - 1);
}

uint64_t number(node_id id) noexcept {
  return static_cast<uint64_t>(id);
}
uint64_t number(boot_epoch epoch) noexcept {
  return static_cast<uint64_t>(epoch);
}

void write_range(protocol_range from, pb::ProtocolRange& to) {
  to.set_min(from.min);
  to.set_max(from.max);
}

protocol_range read_range(const pb::ProtocolRange& from) {
  const auto version = [](uint32_t v) { return static_cast<uint16_t>(std::min<uint32_t>(v, UINT16_MAX)); };
  return {version(from.min()), version(from.max())};
}

void write_record(const member_record& from, pb::Record& to) {
  to.set_node(number(from.node));
  to.set_epoch(number(from.epoch));
  to.set_incarnation(from.incarnation);
  to.set_profile_version(from.profile_version);
  to.set_state(to_wire<pb::MemberState>(from.state));
  to.set_phase(to_wire<pb::MemberPhase>(from.phase));
  to.set_health(to_wire<pb::NodeHealth>(from.health));
  to.set_load(from.load);
  if (!from.profile)
    return;
  auto& profile = *to.mutable_profile();
  profile.set_name(from.profile->name);
  profile.set_client_address(from.profile->client_address);
  profile.set_peer_address(from.profile->peer_address);
  profile.set_data_address(from.profile->data_address);
  profile.set_region(from.profile->region);
  profile.set_zone(from.profile->zone);
  profile.set_weight(from.profile->weight);
  write_range(from.profile->protocol, *profile.mutable_protocol());
}

profile_ptr read_profile(const pb::Profile& from) {
  auto to = std::make_shared<member_profile>();
  to->name = from.name();
  to->client_address = from.client_address();
  to->peer_address = from.peer_address();
  to->data_address = from.data_address();
  to->region = from.region();
  to->zone = from.zone();
  to->weight = from.weight();
  to->protocol = read_range(from.protocol());
  return to;
}

/// False: not a claim that this release understands.
bool read_record(const pb::Record& from, member_record& to) {
  const bool known = from.node() != 0 && from.state() != pb::MEMBER_STATE_UNSPECIFIED &&
                     pb::MemberState_IsValid(from.state()) && from.phase() != pb::MEMBER_PHASE_UNSPECIFIED &&
                     pb::MemberPhase_IsValid(from.phase()) && from.health() != pb::NODE_HEALTH_UNSPECIFIED &&
                     pb::NodeHealth_IsValid(from.health()) && from.load() <= load_max;
  if (!known)
    return false;
  to.node = node_id{from.node()};
  to.epoch = boot_epoch{from.epoch()};
  to.incarnation = from.incarnation();
  to.profile_version = from.profile_version();
  to.state = from_wire<member_state>(from.state());
  to.phase = from_wire<member_phase>(from.phase());
  to.health = from_wire<node_health>(from.health());
  to.load = static_cast<uint8_t>(from.load());
  if (!from.has_profile())
    return true;
  const double weight = from.profile().weight();
  if (!(weight >= 0 && weight <= weight_max) || from.profile().peer_address().empty())
    return false;
  to.profile = read_profile(from.profile());
  return true;
}

template <class Records> std::vector<member_record> read_records(const Records& from) {
  std::vector<member_record> out;
  out.reserve(static_cast<size_t>(from.size()));
  for (const auto& entry : from) {
    member_record record;
    if (read_record(entry, record) && record.profile) // whole claims only: these are for who knows nothing
      out.push_back(std::move(record));
  }
  return out;
}

void write_claim(const cluster_claim& from, pb::ClusterClaim& to) {
  to.set_cluster_id(from.cluster_id);
  write_range(from.protocol, *to.mutable_protocol());
}

cluster_claim read_claim(const pb::ClusterClaim& from) {
  return {from.cluster_id(), read_range(from.protocol())};
}

join_verdict read_verdict(pb::JoinVerdict from) {
  if (from == pb::JOIN_VERDICT_UNSPECIFIED || !pb::JoinVerdict_IsValid(from))
    return join_verdict::no_common_protocol; // a refusal that this release has no word for
  return from_wire<join_verdict>(from);
}

struct body_writer {
  pb::PeerMessage& to;

  void operator()(const ping& from) const {
    to.mutable_ping()->set_sequence(from.sequence);
    to.mutable_ping()->set_target(number(from.target));
  }
  void operator()(const ack& from) const {
    to.mutable_ack()->set_sequence(from.sequence);
    to.mutable_ack()->set_subject(number(from.subject));
  }
  void operator()(const ping_request& from) const {
    to.mutable_ping_request()->set_sequence(from.sequence);
    to.mutable_ping_request()->set_target(number(from.target));
  }
  void operator()(const nack& from) const {
    to.mutable_nack()->set_sequence(from.sequence);
    to.mutable_nack()->set_subject(number(from.subject));
    to.mutable_nack()->set_refused(from.refused);
  }
  void operator()(const gossip&) const { to.mutable_gossip(); }
  void operator()(const sync_request& from) const {
    auto& body = *to.mutable_sync_request();
    write_claim(from.claim, *body.mutable_claim());
    body.set_joining(from.joining);
    for (const auto& record : from.records)
      write_record(record, *body.add_records());
  }
  void operator()(const sync_reply& from) const {
    auto& body = *to.mutable_sync_reply();
    write_claim(from.claim, *body.mutable_claim());
    body.set_verdict(to_wire<pb::JoinVerdict>(from.verdict));
    body.set_reason(from.reason);
    for (const auto& record : from.records)
      write_record(record, *body.add_records());
  }
};

result<message_body> read_body(const pb::PeerMessage& from) {
  switch (from.body_case()) {
  case pb::PeerMessage::kPing:
    return message_body{ping{from.ping().sequence(), node_id{from.ping().target()}}};
  case pb::PeerMessage::kAck:
    return message_body{ack{from.ack().sequence(), node_id{from.ack().subject()}}};
  case pb::PeerMessage::kPingRequest:
    return message_body{ping_request{from.ping_request().sequence(), node_id{from.ping_request().target()}}};
  case pb::PeerMessage::kNack:
    return message_body{nack{from.nack().sequence(), node_id{from.nack().subject()}, from.nack().refused()}};
  case pb::PeerMessage::kGossip:
    return message_body{gossip{}};
  case pb::PeerMessage::kSyncRequest:
    return message_body{sync_request{read_claim(from.sync_request().claim()), from.sync_request().joining(),
                                     read_records(from.sync_request().records())}};
  case pb::PeerMessage::kSyncReply:
    return message_body{sync_reply{read_claim(from.sync_reply().claim()), read_verdict(from.sync_reply().verdict()),
                                   from.sync_reply().reason(), read_records(from.sync_reply().records())}};
  case pb::PeerMessage::BODY_NOT_SET:
    break;
  }
  return failure{errc::invalid_argument, "a peer's message has no body that this release knows"};
}

} // namespace

void write_peer_message(const peer_message& from, pb::PeerMessage& to) {
  to.set_cluster(from.cluster);
  to.set_sender(number(from.sender));
  to.set_sender_epoch(number(from.sender_epoch));
  to.set_sender_load(from.sender_load);
  to.set_sender_digest(from.sender_digest);
  for (const auto& update : from.news) {
    auto& entry = *to.add_news();
    write_record(update.record, *entry.mutable_record());
    entry.set_accuser(number(update.accuser));
  }
  std::visit(body_writer{to}, from.body);
}

result<peer_message> read_peer_message(const pb::PeerMessage& from) {
  const auto claims =
      from.news_size() + from.sync_request().records_size() + from.sync_reply().records_size(); // of an unset body: 0
  if (from.sender() == 0 || from.sender_load() > load_max || claims > static_cast<int>(claims_max))
    return failure{errc::invalid_argument, "a peer's message has no sender, or values out of their range"};
  auto body = read_body(from);
  if (!body)
    return body.error();
  peer_message to;
  to.cluster = from.cluster();
  to.sender = node_id{from.sender()};
  to.sender_epoch = boot_epoch{from.sender_epoch()};
  to.sender_load = static_cast<uint8_t>(from.sender_load());
  to.sender_digest = from.sender_digest();
  to.body = *std::move(body);
  to.news.reserve(static_cast<size_t>(from.news_size()));
  for (const auto& entry : from.news()) {
    member_update update{.record = {}, .accuser = node_id{entry.accuser()}};
    if (read_record(entry.record(), update.record))
      to.news.push_back(std::move(update));
  }
  return to;
}

} // namespace weft
