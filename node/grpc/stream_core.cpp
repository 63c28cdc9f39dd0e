#include "node/grpc/stream_core.hpp"

#include <algorithm>
#include <iterator>

namespace weft {

void stream_core::add(embed_request message) {
  if (closed_ || ending_)
    return; // came after the end was decided
  stream_group group{first_ + slots_.size(), {message.model, {}, message.options}};
  uint64_t group_bytes = 0;
  for (auto& text : message.texts) {
    const bool full =
        group.request.texts.size() == limits_.group_items_max || group_bytes + text.size() > limits_.group_bytes_max;
    if (full && !group.request.texts.empty()) {
      const uint64_t next = group.first + group.request.texts.size();
      waiting_.push_back(std::exchange(group, {next, {message.model, {}, message.options}}));
      group_bytes = 0;
    }
    group_bytes += text.size();
    bytes_ += text.size();
    slots_.push_back({text.size(), std::nullopt});
    group.request.texts.push_back(std::move(text));
  }
  if (!group.request.texts.empty())
    waiting_.push_back(std::move(group));
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
  for (auto& message : messages)
    (to++)->message = std::move(message);
}

void stream_core::split(stream_group group) {
  WEFT_ASSERT(group.request.texts.size() > 1);
  if (!returned(group.request.texts.size()))
    return;
  std::deque<stream_group> alone;
  for (auto& text : group.request.texts)
    alone.push_back({group.first++, {group.request.model, {std::move(text)}, group.request.options}});
  waiting_.insert(waiting_.begin(), std::make_move_iterator(alone.begin()), std::make_move_iterator(alone.end()));
}

void stream_core::retry(stream_group group) {
  if (!returned(group.request.texts.size()))
    return;
  // Several may come back in any order.
  const auto place = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const stream_group& other) { return other.first > group.first; });
  waiting_.insert(place, std::move(group));
}

void stream_core::end(uint64_t first, size_t items, failure reason) {
  if (returned(items))
    end_at(first, std::move(reason));
}

void stream_core::written() {
  WEFT_ASSERT(writing_);
  writing_ = false;
  bytes_ -= slots_.front().bytes;
  slots_.pop_front();
  ++first_;
}

void stream_core::discard() noexcept {
  discarded_ = abandoned_ = true;
  slots_.clear();
  waiting_.clear();
  bytes_ = 0;
}

bool stream_core::may_read() const noexcept {
  return !closed_ && !ending_ && !abandoned_ && waiting_.empty() && slots_.size() < limits_.items_max &&
         bytes_ < limits_.bytes_max;
}

std::optional<stream_group> stream_core::next_group() {
  while (!waiting_.empty() && ending_ && waiting_.front().first >= ending_->at)
    waiting_.pop_front(); // nobody will see its answers
  if (waiting_.empty() || abandoned_)
    return std::nullopt;
  const auto items = waiting_.front().request.texts.size();
  if (computing_ != 0 && computing_ + items > limits_.items_max)
    return std::nullopt;
  computing_ += items;
  std::optional<stream_group> out(std::move(waiting_.front()));
  waiting_.pop_front();
  return out;
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
  return !discarded_;
}

} // namespace weft
