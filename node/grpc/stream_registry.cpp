#include "node/grpc/stream_registry.hpp"

#include <utility>
#include <vector>

namespace weft {

bool stream_registry::add(const std::shared_ptr<drainable>& stream) {
  bool draining = false;
  {
    const std::lock_guard hold(mutex_);
    if (open_.size() >= streams_max_)
      return false;
    open_.emplace(stream.get(), stream);
    draining = draining_;
  }
  if (draining)
    stream->drain();
  return true;
}

void stream_registry::remove(const drainable* stream) {
  std::function<void()> empty;
  {
    const std::lock_guard hold(mutex_);
    open_.erase(stream);
    if (open_.empty())
      empty = std::exchange(empty_, nullptr);
  }
  if (empty)
    empty();
}

void stream_registry::drain(std::function<void()> empty) {
  std::vector<std::shared_ptr<drainable>> all;
  {
    const std::lock_guard hold(mutex_);
    draining_ = true;
    for (const auto& [key, weak] : open_)
      if (auto stream = weak.lock())
        all.push_back(std::move(stream));
    if (empty && !open_.empty())
      empty_ = std::exchange(empty, nullptr);
  }
  if (empty)
    empty();
  for (const auto& stream : all) // without the lock: it may end here and remove itself
    stream->drain();
}

} // namespace weft
