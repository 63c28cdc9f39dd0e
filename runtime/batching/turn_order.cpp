#include "runtime/batching/turn_order.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace weft {

void turn_order::add(uint64_t call, priority level) {
  auto index = static_cast<size_t>(level);
  WEFT_ASSERT(index < levels_.size());
  WEFT_ASSERT(!contains(call));
  auto& state = levels_[index];
  // A class that slept has saved up nothing: it joins at the present, or it would shut the others out.
  if (state.ring.empty())
    state.pass = std::max(state.pass, pass_);
  places_[call] = {index, state.ring.insert(state.ring.end(), call)};
}

void turn_order::remove(uint64_t call) {
  auto found = places_.find(call);
  WEFT_ASSERT(found != places_.end());
  auto& state = levels_[found->second.level];
  if (found->second.position == state.ring.begin())
    state.used = 0;
  state.ring.erase(found->second.position);
  places_.erase(found);
}

uint64_t turn_order::next() {
  WEFT_ASSERT(!empty());
  level_state* best = nullptr;
  for (auto& state : levels_)
    if (!state.ring.empty() && (best == nullptr || state.pass < best->pass))
      best = &state;
  pass_ = best->pass;
  return best->ring.front();
}

void turn_order::charge(uint64_t call, uint64_t cost) {
  auto found = places_.find(call);
  WEFT_ASSERT(found != places_.end());
  auto& state = levels_[found->second.level];
  WEFT_ASSERT(state.ring.front() == call);
  state.pass += cost * strides[found->second.level];
  state.used += cost;
  if (state.used < quantum_)
    return;
  state.used = 0;
  state.ring.splice(state.ring.end(), state.ring, state.ring.begin());
}

} // namespace weft
