#pragma once

#include "runtime/points/points_work.hpp"
#include "runtime/ports/engine.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace weft::test {

inline constexpr uint32_t fake_engine_dimensions = 4;

/// What a fake engine computes for one sequence, of length 1: enough to tell texts apart and to see that nothing was
/// mixed up.
inline std::vector<float> fake_vector(const int32_t* ids, size_t count) {
  auto sum = std::accumulate(ids, ids + count, int64_t{0});
  std::vector<float> out{static_cast<float>(sum % 65'521), static_cast<float>(count),
                         static_cast<float>(ids[count / 2]), 1.0f};
  float square = 0;
  for (auto value : out)
    square += value * value;
  for (auto& value : out)
    value /= std::sqrt(square);
  return out;
}

/// The device behind all fake engines of a test: what they do, and what they were given. Thread-safe.
class fake_device {
public:
  enum class mode {
    instant, ///< answers within run()
    manual,  ///< answers when the test says so
    threads, ///< answers from a thread of each engine, as real ones do
  };
  explicit fake_device(mode how = mode::instant) : how_(how) {}

  // What the test sets before the engines run.
  uint32_t tokens_best = 0;
  size_t tokens_fit = SIZE_MAX;        ///< there is no memory for larger batches
  bool hold_points = false;            ///< work on points is done when the test says so
  std::set<int32_t> poison;            ///< a batch with one of these ids fails
  std::set<int32_t> deadly;            ///< a batch with one of these ids kills its worker
  std::atomic<int> devices{-1};        ///< what models say of theirs; -1: engines are on CPUs
  bool cpu_serves = false;             ///< engines are on CPUs when the last device is lost
  std::atomic<int> devices_to_lose{0}; ///< so many pieces of work end their engine's device instead
  std::chrono::nanoseconds busy{1'000};
  std::shared_future<void> gate; ///< batches wait for it, where it is valid
  std::atomic<int> engines_to_refuse{0};
  std::atomic<int> engines_made{0};
  std::atomic<int> engines_alive{0};

  mode how() const noexcept { return how_; }

  void run(embed_batch work, std::function<void(engine_reply)> done) {
    {
      const std::lock_guard hold(mutex_);
      sequences_.push_back(work.sequences());
      tokens_.push_back(work.ids.size());
    }
    if (gate.valid())
      gate.wait();
    for (auto id : work.ids)
      if (deadly.contains(id))
        throw std::runtime_error("the engine died");
    if (how_ == mode::manual) {
      const std::lock_guard hold(mutex_);
      waiting_.emplace_back(std::move(work), std::move(done));
      points_next_.push_back(false);
      return;
    }
    done(compute(work));
  }

  /// The next piece of work is one that ends its engine's device.
  bool loses_device() { return devices_to_lose > 0 && devices_to_lose-- > 0; }
  /// What is answered then. There is one device less, before anybody hears of it.
  engine_reply lose_device() {
    if (devices > 0 && --devices == 0 && cpu_serves)
      devices = -1;
    return {failure{errc::engine_failed, "the device is lost"}, busy, true};
  }

  engine_reply compute(const embed_batch& work) {
    if (loses_device())
      return lose_device();
    if (work.ids.size() > tokens_fit)
      return {failure{errc::overloaded, "out of memory"}, busy};
    embed_vectors out;
    for (uint32_t i = 0; i < work.sequences(); ++i) {
      const auto* ids = work.ids.data() + work.offsets[i];
      auto count = work.offsets[i + 1] - work.offsets[i];
      for (uint32_t k = 0; k < count; ++k)
        if (poison.contains(ids[k]))
          return {failure{errc::engine_failed, "poison"}, busy};
      auto vector = fake_vector(ids, count);
      out.values.insert(out.values.end(), vector.begin(), vector.end());
    }
    return {engine_output{std::move(out)}, busy};
  }

  /// Manual mode: answers the oldest batch; false when none waits.
  bool complete() {
    std::pair<embed_batch, std::function<void(engine_reply)>> next;
    {
      const std::lock_guard hold(mutex_);
      if (waiting_.empty())
        return false;
      next = std::move(waiting_.front());
      waiting_.pop_front();
      points_next_.erase(std::ranges::find(points_next_, false));
    }
    next.second(compute(next.first));
    return true;
  }

  /// Work on points. What it gives is not what tests with fake engines are about.
  void run_points(const engine_work& work, std::function<void(engine_reply)> done) {
    if (loses_device())
      return done(lose_device());
    engine_reply reply{weft::run_points(work), busy};
    if (!hold_points)
      return done(std::move(reply));
    const std::lock_guard hold(mutex_);
    points_waiting_.emplace_back(std::move(reply), std::move(done));
    points_next_.push_back(true);
  }
  /// hold_points: answers the oldest; false when none waits.
  bool complete_points() {
    std::pair<engine_reply, std::function<void(engine_reply)>> next{engine_reply{failure{}, {}}, nullptr};
    {
      const std::lock_guard hold(mutex_);
      if (points_waiting_.empty())
        return false;
      next = std::move(points_waiting_.front());
      points_waiting_.pop_front();
      points_next_.erase(std::ranges::find(points_next_, true));
    }
    next.second(std::move(next.first));
    return true;
  }
  /// Manual mode with hold_points: answers the oldest of both, as a single engine does; false when none waits.
  bool complete_next() {
    bool points = false;
    {
      const std::lock_guard hold(mutex_);
      if (points_next_.empty())
        return false;
      points = points_next_.front();
    }
    return points ? complete_points() : complete();
  }

  size_t waiting() const {
    const std::lock_guard hold(mutex_);
    return waiting_.size();
  }
  /// Texts of each batch, in the order of their start.
  std::vector<size_t> sequences() const {
    const std::lock_guard hold(mutex_);
    return sequences_;
  }
  std::vector<size_t> tokens() const {
    const std::lock_guard hold(mutex_);
    return tokens_;
  }

private:
  mode how_;
  mutable std::mutex mutex_;
  std::vector<size_t> sequences_;
  std::vector<size_t> tokens_;
  std::deque<std::pair<embed_batch, std::function<void(engine_reply)>>> waiting_;
  std::deque<std::pair<engine_reply, std::function<void(engine_reply)>>> points_waiting_;
  std::deque<bool> points_next_; ///< of all that waits, in its order: whether it is work on points
};

} // namespace weft::test
