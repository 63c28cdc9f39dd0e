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
  bool last = false;
  {
    const std::lock_guard hold(mutex_);
    result_.usage.tokens += tokens;
    WEFT_ASSERT(items.size() <= missing_);
    missing_ -= static_cast<uint32_t>(items.size());
    last = missing_ == 0;
  }
  if (last)
    source_->reply(std::move(result_));
  else if (!parts.empty())
    source_->part(parts);
}

void gather::add(const usage& used, const call_times& times) {
  const std::lock_guard hold(mutex_);
  result_.usage.device_seconds += used.device_seconds;
  result_.times.queue = std::max(result_.times.queue, times.queue);
  result_.times.tokenize = std::max(result_.times.tokenize, times.tokenize);
  result_.times.infer = std::max(result_.times.infer, times.infer);
}

} // namespace weft
