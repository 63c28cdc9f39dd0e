#include "tests/sim/sim_world.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace weft::sim {

void sim_world::at(time_point when, sim_process& who, uint64_t token) {
  WEFT_ASSERT(when >= now_);
  heap_.push_back({when, order_++, &who, token});
  std::push_heap(heap_.begin(), heap_.end(), later{});
}

bool sim_world::step(time_point end) {
  if (heap_.empty() || heap_.front().when > end)
    return false;
  auto next = heap_.front();
  std::pop_heap(heap_.begin(), heap_.end(), later{});
  heap_.pop_back();
  now_ = next.when;
  ++events_;
  next.who->wake(next.token);
  return true;
}

void sim_world::run_for(duration time) {
  auto end = now_ + time;
  while (step(end)) {
  }
  now_ = end;
}

} // namespace weft::sim
