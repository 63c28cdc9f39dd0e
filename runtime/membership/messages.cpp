#include "runtime/membership/messages.hpp"

namespace weft {
namespace {

// Protobuf: two fixed64, four varints of up to 5 bytes, four of one, with a tag and the length of the whole.
constexpr uint32_t brief_bytes = 48;
constexpr uint32_t profile_bytes = 32; // tags, lengths, weight and protocol range
constexpr uint32_t header_bytes = 40;

uint32_t bytes_of(const member_record& record) noexcept {
  if (!record.profile)
    return brief_bytes;
  const auto& profile = *record.profile;
  return brief_bytes + profile_bytes +
         static_cast<uint32_t>(profile.name.size() + profile.client_address.size() + profile.peer_address.size() +
                               profile.data_address.size() + profile.region.size() + profile.zone.size());
}

uint64_t bytes_of(const std::vector<member_record>& records) noexcept {
  uint64_t bytes = 0;
  for (const auto& record : records)
    bytes += bytes_of(record);
  return bytes;
}

} // namespace

uint32_t wire_bytes(const member_update& update) noexcept {
  return bytes_of(update.record) + 10;
}

uint64_t wire_bytes(const peer_message& message) noexcept {
  uint64_t bytes = header_bytes;
  for (const auto& update : message.news)
    bytes += wire_bytes(update);
  if (auto* request = std::get_if<sync_request>(&message.body))
    bytes += request->claim.cluster_id.size() + bytes_of(request->records);
  else if (auto* reply = std::get_if<sync_reply>(&message.body))
    bytes += reply->claim.cluster_id.size() + reply->reason.size() + bytes_of(reply->records);
  else
    bytes += 24;
  return bytes;
}

uint64_t cluster_mark(std::string_view cluster_id) noexcept {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (char c : cluster_id)
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  return hash;
}

} // namespace weft
