#include "runtime/batching/turn_order.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace weft {

void turn_order::add(uint64_t call, priority level, uint64_t cost) {
  auto index = static_cast<size_t>(level);
  WEFT_ASSERT(index < levels_.size());
  WEFT_ASSERT(!contains(call));
  auto& state = levels_[index];
  // A class that slept has saved up nothing: it joins at the present, or it would shut the others out.
  if (state.oldest.empty())
    state.pass = std::max(state.pass, pass_);
  state.cheapest.emplace(cost, call);
  state.oldest.insert(call);
  places_[call] = {index, cost};
}

void turn_order::remove(uint64_t call) {
  auto found = places_.find(call);
  WEFT_ASSERT(found != places_.end());
  auto& state = levels_[found->second.level];
  state.cheapest.erase({found->second.cost, call});
  state.oldest.erase(call);
  places_.erase(found);
}

uint64_t turn_order::next() {
  WEFT_ASSERT(!empty());
  level_state* best = nullptr;
  for (auto& state : levels_)
    if (!state.oldest.empty() && (best == nullptr || state.pass < best->pass))
      best = &state;
  pass_ = best->pass;
  return best->owed > 0 ? *best->oldest.begin() : best->cheapest.begin()->second;
}

void turn_order::charge(uint64_t call, uint64_t cost) {
  auto found = places_.find(call);
  WEFT_ASSERT(found != places_.end());
  auto& state = levels_[found->second.level];
  state.pass += cost * strides[found->second.level];
  auto oldest = *state.oldest.begin();
  if (oldest == state.cheapest.begin()->second)
    return; // nobody was overtaken
  auto served = static_cast<int64_t>(cost);
  state.owed += call == oldest ? -served * static_cast<int64_t>(oldest_share - 1) : served;
}

} // namespace weft
