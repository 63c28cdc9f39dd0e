#pragma once

#include <memory>
#include <mutex>

namespace weft {

/// A value that is replaced as a whole while others read it. All members are thread-safe; the lock covers the copy of
/// a pointer only.
template <class T> class published {
public:
  explicit published(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  std::shared_ptr<const T> get() const {
    const std::lock_guard hold(mutex_);
    return value_;
  }
  void set(std::shared_ptr<const T> value) {
    const std::lock_guard hold(mutex_);
    value_.swap(value); // the old one is destroyed after the lock
  }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

} // namespace weft
