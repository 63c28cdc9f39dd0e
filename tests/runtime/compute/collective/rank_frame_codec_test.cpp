#include "runtime/base/random_source.hpp"
#include "runtime/compute/collective/rank_frame_codec.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace weft;

rank_frame some_piece(size_t payload) {
  rank_piece piece{.number = 7,
                   .sequence = 1ULL << 40,
                   .key = {.verb = collective_verb::reduce_scatter,
                           .type = value_type::int64,
                           .op = reduce_op::maximum,
                           .root = 3,
                           .bytes = 123'456'789'012},
                   .half = 1,
                   .offset = 1ULL << 33,
                   .payload = {}};
  for (size_t i = 0; i < payload; ++i)
    piece.payload.push_back(static_cast<std::byte>(i * 7));
  return {0xFEDC'BA98'7654'3210ULL, 63, std::move(piece), 0x0123'4567'89AB'CDEFULL};
}

std::vector<rank_frame> some_frames() {
  return {some_piece(0),
          some_piece(24),
          some_piece(rank_payload_bytes_max),
          {1, 0, rank_credit{~0ULL}},
          {2, 5, rank_leave{}},
          {3, 1, rank_abort{errc::unavailable, "rank 2 is gone"}},
          {3, 1, rank_abort{errc::deadline_exceeded, ""}},
          {3, 1, rank_abort{errc::internal, std::string(rank_message_bytes_max, 'x')}}};
}

void check_refused(std::string_view bytes) {
  const auto frame = decode_rank_frame(bytes);
  REQUIRE_FALSE(frame);
  CHECK(frame.error().code == errc::invalid_argument);
}

} // namespace

TEST_CASE("a frame comes out of its bytes as it went in") {
  for (const auto& frame : some_frames()) {
    const auto bytes = encode(frame);
    CHECK(bytes.size() <= rank_frame_bytes_max + rank_message_bytes_max);
    const auto back = decode_rank_frame(bytes);
    REQUIRE(back);
    CHECK(*back == frame);
  }
}

TEST_CASE("no frame with a piece is larger than the limit") {
  CHECK(encode(some_piece(rank_payload_bytes_max)).size() <= rank_frame_bytes_max);
}

TEST_CASE("a frame that is cut short or has something left over is refused, at every length") {
  for (const auto& frame : some_frames()) {
    const auto bytes = encode(frame);
    for (size_t size = 0; size < bytes.size(); size += size < 128 ? 1 : 4099)
      check_refused(std::string_view{bytes}.substr(0, size));
    check_refused(bytes + '\0');
  }
}

TEST_CASE("what is out of its range is refused") {
  const auto bytes = encode(some_piece(8));
  // byte, value: version, kind, from, verb, type, operation, root, half, the payload's length
  const std::pair<size_t, char> wrong[] = {{0, 1},   {1, 4},  {10, 64}, {38, 5}, {39, 3},  {40, 3},
                                           {41, 64}, {53, 2}, {62, 7},  {62, 9}, {65, 127}};
  for (const auto& [at, value] : wrong) {
    CAPTURE(at);
    auto bad = bytes;
    REQUIRE(bad[at] != value);
    bad[at] = value;
    check_refused(bad);
  }
  auto abort = encode({3, 1, rank_abort{errc::internal, "why"}});
  abort[22] = 3; // no such code
  check_refused(abort);
}

TEST_CASE("payloads and messages beyond their limits are refused, although all their bytes are there") {
  auto piece = encode(some_piece(rank_payload_bytes_max));
  piece += '\0';
  piece[62] = 1; // the length's lowest byte: one more than the limit
  check_refused(piece);
  auto abort = encode({3, 1, rank_abort{errc::internal, std::string(rank_message_bytes_max, 'x')}});
  abort += 'x';
  abort[23] = 1;
  check_refused(abort);
}

TEST_CASE("bytes that may be anything are refused, or say the same when encoded again") {
  const std::string whole[] = {encode(some_piece(40)), encode({1, 0, rank_credit{7}}), encode({2, 5, rank_leave{}}),
                               encode({3, 1, rank_abort{errc::unavailable, "rank 2 is gone"}})};
  for (uint64_t seed = 0; seed < 20'000; ++seed) {
    CAPTURE(seed);
    random_source chance(seed);
    auto bytes = whole[seed % 4];
    for (auto changes = 1 + chance.below(4); changes > 0; --changes)
      bytes[chance.below(static_cast<uint32_t>(bytes.size()))] = static_cast<char>(chance.next());
    const auto frame = decode_rank_frame(bytes);
    if (frame)
      CHECK(encode(*frame) == bytes);
    else
      CHECK(frame.error().code == errc::invalid_argument);
  }
}
