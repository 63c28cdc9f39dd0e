#include "runtime/batching/batch_queue.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

namespace weft {
namespace {

size_t size_of(uint64_t cost, size_t sizes) noexcept {
  return std::min<size_t>(std::bit_width(cost), sizes - 1);
}

} // namespace

errc batch_queue::open(uint64_t call, priority level, uint32_t items, uint64_t tokens_at_most) {
  WEFT_ASSERT(items > 0);
  WEFT_ASSERT(!calls_.contains(call));
  if (items_held() + items > limits_.items_max || tokens_held() + tokens_at_most > limits_.tokens_max)
    return errc::overloaded;
  auto size = size_of(tokens_at_most, sizes);
  calls_[call] = {.level = level,
                  .cost = tokens_at_most,
                  .size = size,
                  .cost_left = tokens_at_most,
                  .items_reserved = items,
                  .tokens_reserved = tokens_at_most};
  costs_[static_cast<size_t>(level)][size] += tokens_at_most;
  items_reserved_ += items;
  tokens_reserved_ += tokens_at_most;
  return errc::none;
}

void batch_queue::push(batch_item item, uint64_t tokens_at_most) {
  auto found = calls_.find(item.call);
  WEFT_ASSERT(found != calls_.end());
  auto& call = found->second;
  WEFT_ASSERT(call.items_reserved > 0);
  WEFT_ASSERT(item.tokens() > 0);
  auto tokens = std::min(tokens_at_most, call.tokens_reserved);
  call.items_reserved -= 1;
  call.tokens_reserved -= tokens;
  items_reserved_ -= 1;
  tokens_reserved_ -= tokens;
  items_ += 1;
  tokens_ += item.tokens();
  if (call.level == priority::batch) {
    background_items_ += 1;
    background_tokens_ += item.tokens();
  }
  if (call.items.empty())
    turns_.add(item.call, call.level, call.cost);
  call.items.push_back({std::move(item), tokens});
}

void batch_queue::push_retry(batch group) {
  WEFT_ASSERT(!group.items.empty());
  items_ += group.items.size();
  tokens_ += group.tokens;
  retries_.push_back(std::move(group));
}

uint64_t batch_queue::close(uint64_t call) {
  auto found = calls_.find(call);
  WEFT_ASSERT(found != calls_.end());
  auto& it = found->second;
  auto dropped = it.items_reserved + it.items.size() + close_retries(call);
  items_reserved_ -= it.items_reserved;
  tokens_reserved_ -= it.tokens_reserved;
  for (const auto& waiting : it.items)
    left(waiting.item, it.level);
  handed_out(it, it.cost_left);
  if (turns_.contains(call))
    turns_.remove(call);
  calls_.erase(found);
  return dropped;
}

uint64_t batch_queue::close_retries(uint64_t call) {
  uint64_t dropped = 0;
  for (auto& group : retries_) {
    batch kept;
    for (auto& item : group.items) {
      if (item.call != call) {
        kept.add(std::move(item));
        continue;
      }
      left(item);
      ++dropped;
    }
    group = std::move(kept);
  }
  std::erase_if(retries_, [](const batch& group) { return group.items.empty(); });
  return dropped;
}

batch batch_queue::take(const batch_limits& limits, const std::function<bool(uint64_t)>& ended) {
  if (!retries_.empty()) {
    auto again = take_retry(limits, ended);
    taken_cost_ = again.tokens;
    return again;
  }
  taken_cost_ = 0;
  batch taken;
  std::vector<uint64_t> skipped;
  while (!turns_.empty() && taken.items.size() < limits.items_max) {
    auto id = turns_.next();
    auto& call = calls_.at(id);
    if (ended(id)) {
      // Its owner closes it in a moment; until then nobody looks at its items.
      turns_.remove(id);
      skipped.push_back(id);
      continue;
    }
    auto tokens = call.items.front().item.tokens();
    WEFT_ASSERT(tokens <= limits.tokens_max);
    if (taken.tokens + tokens > limits.tokens_max)
      break;
    if (!fits(taken, tokens, call.level, limits)) { // others may
      turns_.remove(id);
      skipped.push_back(id);
      continue;
    }
    auto cost = call.items.front().cost;
    taken_cost_ += cost;
    left(call.items.front().item, call.level);
    handed_out(call, cost);
    taken.add(std::move(call.items.front().item));
    call.items.pop_front();
    turns_.charge(id, cost);
    if (call.items.empty())
      turns_.remove(id);
  }
  for (auto id : skipped)
    turns_.add(id, calls_.at(id).level, calls_.at(id).cost);
  return taken;
}

batch batch_queue::take_retry(const batch_limits& limits, const std::function<bool(uint64_t)>& ended) {
  auto& group = retries_.front();
  batch taken, kept;
  for (auto& item : group.items) {
    // A group fits, unless the limits have shrunk since it was made. Items of ended calls stay for close().
    auto fits = taken.items.size() < limits.items_max && taken.tokens + item.tokens() <= limits.tokens_max;
    if (!fits || ended(item.call)) {
      kept.add(std::move(item));
      continue;
    }
    left(item);
    taken.add(std::move(item));
  }
  group = std::move(kept);
  if (group.items.empty())
    retries_.pop_front();
  return taken;
}

uint64_t batch_queue::cost_until_done(priority level, uint64_t cost) const noexcept {
  const auto& own = costs_[static_cast<size_t>(level)];
  auto dearer = own.begin() + static_cast<std::ptrdiff_t>(size_of(cost, sizes)) + 1;
  auto until = std::accumulate(own.begin(), dearer, cost);
  until += std::min(until / (turn_order::oldest_share - 1), std::accumulate(dearer, own.end(), uint64_t{0}));
  for (const auto& group : retries_)
    until += group.tokens;
  auto meanwhile = until;
  for (size_t other = 0; other < priority_count; ++other) {
    if (other == static_cast<size_t>(level))
      continue;
    auto waiting = std::accumulate(costs_[other].begin(), costs_[other].end(), uint64_t{0});
    until += std::min(waiting, turn_order::given_meanwhile(static_cast<priority>(other), level, meanwhile));
  }
  return until;
}

void batch_queue::handed_out(waiting_call& call, uint64_t cost) noexcept {
  call.cost_left -= cost;
  costs_[static_cast<size_t>(call.level)][call.size] -= cost;
}

bool batch_queue::fits(const batch& taken, uint64_t tokens, priority level, const batch_limits& limits) noexcept {
  if (level != priority::batch || taken.tokens + tokens <= limits.background_tokens_max)
    return true;
  return taken.items.empty() && limits.background_tokens_max > 0; // else a long text would wait for ever
}

void batch_queue::left(const batch_item& item, priority level) noexcept {
  left(item);
  if (level == priority::batch) {
    background_items_ -= 1;
    background_tokens_ -= item.tokens();
  }
}

void batch_queue::left(const batch_item& item) noexcept {
  WEFT_ASSERT(items_ > 0);
  items_ -= 1;
  tokens_ -= item.tokens();
}

} // namespace weft
