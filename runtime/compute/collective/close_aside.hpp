#pragma once

#include "runtime/ports/device_ranks.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace weft {

/// Does `end` on a thread of its own, and waits for it so long at most. What takes longer goes on there, and nobody
/// waits for it but closings_left(). True: it is done. Where no thread can be made it is done here.
bool end_aside(std::function<void()> end, std::chrono::milliseconds wait_max);

/// Destroys something whose end may hang, as end_aside().
template <class T> bool close_aside(std::unique_ptr<T> what, std::chrono::milliseconds wait_max) {
  if (!what)
    return true;
  // Shared, because a std::function is copied.
  return end_aside([held = std::make_shared<std::unique_ptr<T>>(std::move(what))] { held->reset(); }, wait_max);
}

/// How many ends are under way still, after waiting so long at most for all of them. Whoever ends the process asks:
/// while there are any, what they use must not be destroyed. Counts those of this program, or of this library where it
/// has been linked into one.
size_t closings_left(std::chrono::milliseconds wait_max);
/// And how many threads devices have in their library, if there are some: so long at most for both together.
size_t closings_left(std::chrono::milliseconds wait_max, device_ranks* devices);

} // namespace weft
