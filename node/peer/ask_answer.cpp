#include "node/peer/ask_answer.hpp"

#include "node/peer/convert.hpp"
#include "runtime/base/assert.hpp"

#include <utility>

namespace weft {
namespace {

size_t wire_bytes_of(const embedding& item) {
  constexpr size_t rest = 24; // tags, lengths, index, tokens, source
  return bytes_of(item) + rest;
}

} // namespace

peer::v1::AskResponse& ask_answer::open_message(size_t bytes) {
  if (messages_.empty() || open_bytes_ + bytes > message_bytes) {
    messages_.emplace_back();
    open_bytes_ = 0;
  }
  open_bytes_ += bytes;
  return messages_.back();
}

void ask_answer::add(const std::vector<peer_item>& items) {
  for (const auto& item : items) {
    WEFT_ASSERT(item.index < given_.size());
    if (given_[item.index])
      continue;
    given_[item.index] = true;
    write_ask_item(item.index, *item.value, *open_message(wire_bytes_of(*item.value)).add_items());
  }
}

void ask_answer::end(const embed_result& whole, const std::optional<node_load>& load) {
  WEFT_ASSERT(whole.items.size() == given_.size());
  for (uint32_t i = 0; i < given_.size(); ++i)
    if (!given_[i])
      write_ask_item(i, whole.items[i], *open_message(wire_bytes_of(whole.items[i])).add_items());
  write_ask_summary(load, whole.usage, *open_message(0).mutable_summary());
  ended_ = true;
}

ask_answer::step ask_answer::next() {
  step out;
  if (!messages_.empty()) {
    out.what = ended_ && !failure_ && messages_.size() == 1 ? step::kind::write_and_finish : step::kind::write;
    out.message = std::move(messages_.front());
    messages_.pop_front();
  } else if (ended_) {
    out.what = step::kind::finish;
    out.reason = std::move(failure_);
  }
  return out;
}

} // namespace weft
