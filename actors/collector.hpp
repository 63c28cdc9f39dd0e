#pragma once

#include "runtime/base/result.hpp"

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace weft {

/// Gathers the answers to a question that was divided into parts, and tells the whole once: all of them, or the first
/// failure when all have come. Thread-safe. REQUIRES: parts > 0, and each part is set once.
template <class T> class collector {
public:
  collector(size_t parts, std::function<void(result<std::vector<T>>)> done)
      : values_(parts), missing_(parts), done_(std::move(done)) {}

  void set(size_t part, result<T> value) {
    {
      const std::lock_guard hold(mutex_);
      if (value)
        values_[part] = *std::move(value);
      else if (!failure_)
        failure_ = std::move(value.error());
      if (--missing_ > 0)
        return;
    }
    if (failure_)
      done_(*std::move(failure_));
    else
      done_(std::move(values_));
  }

private:
  std::mutex mutex_;
  std::vector<T> values_;
  size_t missing_;
  std::optional<failure> failure_;
  std::function<void(result<std::vector<T>>)> done_;
};

} // namespace weft
