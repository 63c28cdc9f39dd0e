// Any bytes as a frame between ranks: refused with a reason, or a frame that has exactly these bytes and that a rank
// takes without harm.
#include "runtime/base/assert.hpp"
#include "runtime/compute/collective/rank_exchange.hpp"
#include "runtime/compute/collective/rank_frame_codec.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  auto frame = weft::decode_rank_frame(bytes);
  if (!frame) {
    WEFT_ASSERT(frame.error().code == weft::errc::invalid_argument);
    WEFT_ASSERT(!frame.error().message.empty());
    return 0;
  }
  WEFT_ASSERT(encode(*frame) == bytes);
  // A rank in a verb, in the frame's epoch and formation: rank 0 of 3.
  weft::rank_exchange rank({frame->epoch, 0, 3, frame->formation}, 64);
  std::vector<int64_t> values(6);
  rank.begin(weft::all_reduce_call(std::span<int64_t>{values}, weft::reduce_op::sum), {}, std::chrono::seconds(1));
  rank.advance();
  rank.receive(*frame);
  rank.receive(std::move(*frame));
  rank.advance();
  for (const auto& out : rank.take_outgoing())
    WEFT_ASSERT(weft::decode_rank_frame(encode(out.frame)));
  return 0;
}
