#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

namespace weft {

/// Destroys something whose end may hang, on a thread of its own, and waits for that so long at most. What takes longer
/// goes on there, and nobody waits for it. True: it is gone. Where no thread can be made it is destroyed here.
template <class T> bool close_aside(std::unique_ptr<T> what, std::chrono::milliseconds wait_max) {
  if (!what)
    return true;
  // Shared, so that what it is stays ours where no thread begins.
  const auto held = std::make_shared<std::unique_ptr<T>>(std::move(what));
  auto ended = std::make_shared<std::promise<void>>();
  auto gone = ended->get_future();
  std::thread closer;
  try {
    closer = std::thread([held, ended] {
      held->reset();
      ended->set_value();
    });
  } catch (const std::system_error&) {
    held->reset();
    return true;
  }
  if (gone.wait_for(wait_max) == std::future_status::ready) {
    closer.join();
    return true;
  }
  closer.detach();
  return false;
}

} // namespace weft
