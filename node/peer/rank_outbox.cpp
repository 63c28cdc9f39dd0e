#include "node/peer/rank_outbox.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/collective/rank_frame_codec.hpp"

#include <utility>
#include <variant>

namespace weft {

status rank_outbox::push(const rank_frame& frame) {
  const bool piece = std::holds_alternative<rank_piece>(frame.body);
  if (waiting_.size() >= 3 * rank_window || (piece && pieces_ >= rank_window))
    return failure{errc::overloaded,
                   "more frames wait for the rank than the window allows",
                   {{"limit", std::to_string(rank_window)}}};
  waiting_.push_back({.bytes = encode(frame), .piece = piece});
  pieces_ += piece ? 1 : 0;
  return ok;
}

std::string rank_outbox::pop() {
  WEFT_ASSERT(!waiting_.empty());
  auto next = std::move(waiting_.front());
  waiting_.pop_front();
  pieces_ -= next.piece ? 1 : 0;
  return std::move(next.bytes);
}

} // namespace weft
