#include "node/grpc/submit_core.hpp"

#include "runtime/base/assert.hpp"

#include <utility>

namespace weft {

void submit_core::opened(uint64_t items_durable) {
  WEFT_ASSERT(!open_);
  open_ = true;
  next_ = items_durable;
}

result<submit_core::step> submit_core::take(submit_message message) {
  WEFT_ASSERT(open_);
  WEFT_ASSERT(!complete_);
  if (message.opening)
    return failure{
        errc::invalid_argument, "the job is open already; only the first message opens it", {{"field", "open"}}};
  const uint64_t first = message.first_item.value_or(next_);
  if (first > next_)
    return failure{errc::invalid_argument,
                   "first_item is " + std::to_string(first) + ", but the job goes on with item " +
                       std::to_string(next_) + "; nothing may be left out",
                   {{"field", "first_item"}, {"item", std::to_string(next_)}}};
  const uint64_t known = next_ - first;
  auto& texts = message.texts;
  if (known >= texts.size())
    texts.clear();
  else
    texts.erase(texts.begin(), texts.begin() + static_cast<std::ptrdiff_t>(known));
  complete_ = message.complete;
  for (const auto& text : texts) {
    const auto bytes = text.size() + submitted_text_bytes;
    under_way_.push_back(static_cast<uint32_t>(bytes));
    bytes_waiting_ += bytes;
  }
  next_ += texts.size();
  return step{std::move(texts), complete_};
}

void submit_core::durable(uint64_t items) {
  for (auto first = next_ - under_way_.size(); first < items && !under_way_.empty(); ++first) {
    bytes_waiting_ -= under_way_.front();
    under_way_.pop_front();
  }
}

} // namespace weft
