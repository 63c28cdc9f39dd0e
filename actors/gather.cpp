#include "actors/gather.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace weft {

gather::gather(call_ptr source, result_kind_ptr kind)
    : source_(std::move(source)), kind_(std::move(kind)),
      missing_(static_cast<uint32_t>(source_->request().texts.size())) {
  const auto& parts = kind_->parts();
  result_.model = parts.model;
  result_.model_version = parts.model_version;
  result_.precision = parts.precision;
  result_.items.resize(missing_);
}

void gather::deliver(const std::vector<item>& items) {
  if (items.empty())
    return;
  uint64_t tokens = 0;
  for (const auto& one : items) {
    auto& to = result_.items[one.index];
    to = *one.value;
    to.source = one.source;
    tokens += to.tokens;
  }
  // Copied before the others know that these are there: whoever comes last takes the result away. Not what is the whole
  // answer, which goes out as one message instead of two.
  std::vector<peer_item> parts;
  if (source_->takes_parts() && items.size() < result_.items.size())
    for (const auto& one : items)
      parts.push_back({one.index, std::make_shared<const embedding>(result_.items[one.index])});
  if (!settle(static_cast<uint32_t>(items.size()), tokens, 0) && !parts.empty())
    source_->part(parts);
}

void gather::open() {
  const std::lock_guard hold(mutex_);
  ++missing_;
}

void gather::close(const usage& used) {
  settle(1, 0, used.device_seconds); // its tokens are counted item by item
}

bool gather::settle(uint32_t count, uint64_t tokens, double device_seconds) {
  embed_result whole;
  {
    const std::lock_guard hold(mutex_);
    result_.usage.tokens += tokens;
    result_.usage.device_seconds += device_seconds;
    WEFT_ASSERT(count <= missing_);
    missing_ -= count;
    if (missing_ > 0)
      return false;
    whole = std::move(result_);
  }
  source_->reply(std::move(whole));
  return true;
}

void gather::add(const usage& used, const call_times& times) {
  const std::lock_guard hold(mutex_);
  result_.usage.device_seconds += used.device_seconds;
  result_.times.queue = std::max(result_.times.queue, times.queue);
  result_.times.tokenize = std::max(result_.times.tokenize, times.tokenize);
  result_.times.infer = std::max(result_.times.infer, times.infer);
}

} // namespace weft
