#include "runtime/compute/collective/rank_frame_codec.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/job/record_bytes.hpp"

#include <bit>
#include <cstring>

namespace weft {
namespace {

// Values are not converted: they travel as they lie in memory.
static_assert(std::endian::native == std::endian::little);

enum class frame_kind : uint8_t { piece, credit, leave, abort };
constexpr uint8_t kinds = 4;
constexpr uint8_t verbs = 5;
constexpr uint8_t types = 3;
constexpr uint8_t ops = 3;
constexpr errc abort_codes[] = {errc::unavailable, errc::deadline_exceeded, errc::internal};

void put_body(record_writer& out, const rank_piece& piece) {
  WEFT_ASSERT(piece.payload.size() <= rank_payload_bytes_max);
  out.put(piece.number);
  out.put(piece.sequence);
  out.put(static_cast<uint8_t>(piece.key.verb));
  out.put(static_cast<uint8_t>(piece.key.type));
  out.put(static_cast<uint8_t>(piece.key.op));
  out.put(piece.key.root);
  out.put(piece.key.bytes);
  out.put(piece.half);
  out.put(piece.offset);
  out.put(std::string_view{reinterpret_cast<const char*>(piece.payload.data()), piece.payload.size()});
}

void put_body(record_writer& out, const rank_credit& credit) {
  out.put(credit.pieces);
}

void put_body(record_writer&, const rank_leave&) {}

void put_body(record_writer& out, const rank_abort& why) {
  WEFT_ASSERT(why.message.size() <= rank_message_bytes_max);
  uint8_t code = 0;
  while (abort_codes[code] != why.code) {
    ++code;
    WEFT_ASSERT(code < std::size(abort_codes));
  }
  out.put(code);
  out.put(why.message);
}

void take_piece(record_reader& in, rank_piece& out) {
  out.number = in.number<uint64_t>();
  out.sequence = in.number<uint64_t>();
  out.key.verb = static_cast<collective_verb>(in.below<uint8_t>(verbs));
  out.key.type = static_cast<value_type>(in.below<uint8_t>(types));
  out.key.op = static_cast<reduce_op>(in.below<uint8_t>(ops));
  out.key.root = in.below<uint32_t>(collective_ranks_max);
  out.key.bytes = in.number<uint64_t>();
  out.half = in.below<uint8_t>(2);
  out.offset = in.number<uint64_t>();
  const auto payload = in.text();
  if (payload.size() > rank_payload_bytes_max)
    in.refuse("a piece is too large");
  else if (!payload.empty()) {
    out.payload.resize(payload.size());
    std::memcpy(out.payload.data(), payload.data(), payload.size());
  }
}

void take_abort(record_reader& in, rank_abort& out) {
  out.code = abort_codes[in.below<uint8_t>(std::size(abort_codes))];
  const auto message = in.text();
  if (message.size() > rank_message_bytes_max)
    in.refuse("a message is too long");
  else
    out.message = message;
}

/// The body of a frame of this kind; what is wrong is in the reader.
void take_body(record_reader& in, frame_kind kind, decltype(rank_frame::body)& out) {
  switch (kind) {
  case frame_kind::piece:
    return take_piece(in, out.emplace<rank_piece>());
  case frame_kind::credit:
    out.emplace<rank_credit>().pieces = in.number<uint64_t>();
    return;
  case frame_kind::leave:
    out.emplace<rank_leave>();
    return;
  case frame_kind::abort:
    return take_abort(in, out.emplace<rank_abort>());
  }
}

} // namespace

std::string encode(const rank_frame& frame) {
  record_writer out;
  if (const auto* piece = std::get_if<rank_piece>(&frame.body))
    out.reserve(rank_frame_bytes_max - rank_payload_bytes_max + piece->payload.size());
  out.put(rank_frame_version);
  out.put(static_cast<uint8_t>(frame.body.index()));
  out.put(frame.epoch);
  out.put(frame.from);
  out.put(frame.formation);
  std::visit([&](const auto& body) { put_body(out, body); }, frame.body);
  return out.take();
}

result<rank_frame> decode_rank_frame(std::string_view bytes) {
  record_reader in{bytes};
  result<rank_frame> out{rank_frame{}}; // filled in place: g++ 12 warns of a temporary one for nothing
  if (in.number<uint8_t>() != rank_frame_version)
    in.refuse("its version is not known");
  const auto kind = static_cast<frame_kind>(in.below<uint8_t>(kinds));
  out->epoch = in.number<uint64_t>();
  out->from = in.below<uint32_t>(collective_ranks_max);
  out->formation = in.number<uint64_t>();
  take_body(in, kind, out->body);
  in.finish();
  if (!in.why().empty())
    return failure{errc::invalid_argument,
                   "not a frame between ranks: " + std::string(in.why()) + "; both ends must run the same release"};
  return out;
}

} // namespace weft
