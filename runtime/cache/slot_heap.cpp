#include "runtime/cache/slot_heap.hpp"

#include "runtime/base/assert.hpp"

#include <cstddef>

namespace weft {

void slot_heap::set(slot s, double value) {
  if (s >= ranks_.size()) {
    ranks_.resize(size_t{s} + 1);
    place_.resize(size_t{s} + 1, no_slot);
  }
  ranks_[s] = {value, ++turns_};
  if (place_[s] == no_slot) {
    heap_.push_back(s);
    place_[s] = static_cast<uint32_t>(heap_.size() - 1);
  }
  up(place_[s]);
  down(place_[s]);
}

void slot_heap::erase(slot s) {
  WEFT_ASSERT(s < place_.size());
  const size_t hole = place_[s];
  WEFT_ASSERT(hole < heap_.size());
  const slot last = heap_.back();
  heap_.pop_back();
  place_[s] = no_slot;
  if (last == s)
    return;
  put(hole, last);
  up(hole);
  down(place_[last]);
}

void slot_heap::put(size_t place, slot s) {
  heap_[place] = s;
  place_[s] = static_cast<uint32_t>(place);
}

void slot_heap::up(size_t place) {
  const slot s = heap_[place];
  while (place > 0) {
    const size_t parent = (place - 1) / 2;
    if (ranks_[heap_[parent]] <= ranks_[s])
      break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, s);
}

void slot_heap::down(size_t place) {
  const slot s = heap_[place];
  for (size_t child = 2 * place + 1; child < heap_.size(); child = 2 * place + 1) {
    if (child + 1 < heap_.size() && ranks_[heap_[child + 1]] < ranks_[heap_[child]])
      ++child;
    if (ranks_[s] <= ranks_[heap_[child]])
      break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, s);
}

} // namespace weft
