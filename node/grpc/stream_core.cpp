#include "node/grpc/stream_core.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

/// Of an answer, what item_bytes do not cover: places and mega-tokens of an extract may outweigh the text.
uint64_t beyond_item(uint64_t message_bytes) noexcept {
  return message_bytes - std::min(message_bytes, item_bytes);
}

} // namespace

void stream_core::add(embed_request message) {
  if (!open() || message.texts.empty())
    return; // came after the end was decided, or has nothing to answer
  const uint64_t first = first_ + slots_.size();
  for (const auto& text : message.texts) {
    bytes_ += text.size();
    slots_.push_back({text.size(), bytes_seen_, std::nullopt});
    bytes_seen_ += text.size();
  }
  waiting_items_ += message.texts.size();
  waiting_.push_back({{first, std::move(message)}});
}

void stream_core::close(failure reason) {
  if (closed_)
    return; // the client needs no reason to send no more: it has finished
  end_at(first_ + slots_.size(), std::move(reason));
}

void stream_core::done(uint64_t first, std::vector<grpc::ByteBuffer> messages) {
  if (!returned(messages.size()))
    return;
  WEFT_ASSERT(first >= first_);
  WEFT_ASSERT(first - first_ + messages.size() <= slots_.size());
  auto to = slots_.begin() + static_cast<std::ptrdiff_t>(first - first_);
  for (auto& message : messages) {
    slot& one = *to++;
    const uint64_t text_bytes = std::exchange(one.bytes, std::max(one.bytes, beyond_item(message.Length())));
    bytes_ += one.bytes - text_bytes;
    unread_ += one.bytes;
    one.message = std::move(message);
  }
}

void stream_core::split(stream_group group) {
  WEFT_ASSERT(group.request.texts.size() > 1);
  group.alone = true;
  retry(std::move(group));
}

void stream_core::retry(stream_group group) {
  const size_t items = group.request.texts.size();
  if (!returned(items))
    return;
  waiting_items_ += items;
  // Several may come back in any order.
  const auto place =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const run& other) { return other.position() > group.first; });
  waiting_.insert(place, {std::move(group)});
}

void stream_core::end(uint64_t first, size_t items, failure reason) {
  if (returned(items))
    end_at(first, std::move(reason));
}

void stream_core::written() {
  WEFT_ASSERT(writing_);
  writing_ = false;
  bytes_ -= slots_.front().bytes;
  unread_ -= slots_.front().bytes;
  slots_.pop_front();
  ++first_;
}

void stream_core::discard() noexcept {
  discarded_ = abandoned_ = true;
  slots_.clear();
  waiting_.clear();
  waiting_items_ = bytes_ = unread_ = 0;
}

bool stream_core::may_read() const noexcept {
  return open() && slots_.size() < limits_.items_max && bytes_ < limits_.bytes_max;
}

std::optional<stream_group> stream_core::next_group(bool crowded) {
  while (!waiting_.empty() && ending_ && waiting_.front().position() >= ending_->at) {
    waiting_items_ -= waiting_.front().left(); // nobody will see its answers
    waiting_.pop_front();
  }
  if (waiting_.empty() || abandoned_ || too_much_unread() || groups_out_ >= limits_.groups_max ||
      (crowded && groups_out_ > 0))
    return std::nullopt;
  const size_t items_max = crowded ? crowded_group_items : limits_.group_items_max;
  if (computing_ != 0 && computing_ + std::min<uint64_t>(waiting_items_, items_max) > limits_.items_max)
    return std::nullopt;
  const auto& like = waiting_.front();
  stream_group group{like.position(),
                     {like.texts.request.model, {}, like.texts.request.options},
                     like.texts.alone,
                     slots_[like.position() - first_].first_byte};
  while (!waiting_.empty() && joins(group, waiting_.front()) &&
         move_texts(waiting_.front(), group, group.alone ? 1 : items_max))
    waiting_.pop_front();
  const size_t items = group.request.texts.size();
  waiting_items_ -= items;
  computing_ += items;
  ++groups_out_;
  return group;
}

/// Whether what waits must wait for the client to read: not so the text that all answers are waiting for, or the stream
/// would stand still. REQUIRES: something waits.
bool stream_core::too_much_unread() const noexcept {
  return unread_ >= limits_.bytes_max && waiting_.front().position() != first_;
}

/// Whether texts of `next` may go with the group.
bool stream_core::joins(const stream_group& group, const run& next) const {
  const size_t items = group.request.texts.size();
  return items == 0 ||
         (!group.alone && !next.texts.alone && next.position() == group.first + items &&
          next.texts.request.model == group.request.model && next.texts.request.options == group.request.options);
}

/// Moves texts until the group is full; true when the run is used up.
bool stream_core::move_texts(run& from, stream_group& to, size_t items_max) {
  auto& group = to.request.texts;
  uint64_t bytes = 0;
  for (const auto& text : group)
    bytes += text.size();
  for (; from.left() > 0; ++from.next) {
    auto& text = from.texts.request.texts[from.next];
    const bool full = group.size() >= items_max || bytes + text.size() > limits_.group_bytes_max;
    if ((full && !group.empty()) || (ending_ && from.position() >= ending_->at))
      return false;
    bytes += text.size();
    group.push_back(std::move(text));
  }
  return true;
}

std::optional<grpc::ByteBuffer> stream_core::next_message() {
  if (writing_ || abandoned_ || at_end() || slots_.empty() || !slots_.front().message)
    return std::nullopt;
  writing_ = true;
  return std::exchange(slots_.front().message, std::nullopt);
}

bool stream_core::more_messages() const noexcept {
  return slots_.size() > 1 && slots_[1].message && !(ending_ && ending_->at == first_ + 1);
}

std::optional<failure> stream_core::finished() const {
  if (writing_)
    return std::nullopt;
  if (abandoned_)
    return failure{errc::cancelled, "the client has gone"};
  if (at_end())
    return ending_->reason;
  if (closed_ && slots_.empty())
    return failure{errc::none, ""};
  return std::nullopt;
}

void stream_core::end_at(uint64_t position, failure reason) {
  if (!ending_ || position < ending_->at)
    ending_ = {position, std::move(reason)};
}

bool stream_core::returned(size_t items) {
  WEFT_ASSERT(computing_ >= items);
  computing_ -= items;
  --groups_out_;
  return !discarded_;
}

} // namespace weft
