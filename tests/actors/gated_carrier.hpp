#pragma once

#include "runtime/ports/rank_carrier.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <utility>

namespace weft::test {

/// Lets ranks come so far and no further until the test says so: after a number of verbs. Thread-safe.
class rank_gate {
public:
  /// The ranks that join from now on have so many verbs.
  void close_after(uint64_t verbs) {
    const std::lock_guard hold(mutex_);
    verbs_ = verbs;
  }
  void open() { close_after(std::numeric_limits<uint64_t>::max()); }
  /// Ranks that stand before the gate hang there, whatever happens to their communicator, until they may go.
  void hang() {
    const std::lock_guard hold(mutex_);
    hangs_ = true;
  }
  void let_go() {
    const std::lock_guard hold(mutex_);
    hangs_ = false;
  }
  uint64_t verbs() const {
    const std::lock_guard hold(mutex_);
    return verbs_;
  }
  /// Waits until so many ranks stand before the gate.
  void await_rank(uint32_t count = 1) {
    std::unique_lock hold(mutex_);
    REQUIRE(changed_.wait_for(hold, std::chrono::seconds{30}, [&] { return waiting_ >= count; }));
  }
  /// A rank stands here until its communicator has failed.
  void stop(const collective& end) {
    std::unique_lock hold(mutex_);
    ++waiting_;
    changed_.notify_all();
    while (hangs_ || !end.async_error()) // nobody tells of it
      changed_.wait_for(hold, std::chrono::milliseconds{1});
    --waiting_;
  }

private:
  mutable std::mutex mutex_; // guards the rest
  std::condition_variable changed_;
  uint64_t verbs_ = std::numeric_limits<uint64_t>::max();
  uint32_t waiting_ = 0;
  bool hangs_ = false;
};

/// An end whose rank stands still at a verb until somebody aborts it, or another rank goes.
class gated_collective final : public collective {
public:
  gated_collective(std::unique_ptr<collective> inner, std::shared_ptr<rank_gate> gate)
      : inner_(std::move(inner)), gate_(std::move(gate)), verbs_(gate_->verbs()) {}

  const collective_group& group() const noexcept override { return inner_->group(); }
  status all_reduce(std::span<int64_t> values, reduce_op op, patience limit) override {
    pass();
    return inner_->all_reduce(values, op, limit);
  }
  status all_reduce(std::span<int32_t> values, reduce_op op, patience limit) override {
    pass();
    return inner_->all_reduce(values, op, limit);
  }
  status all_gather(std::span<const std::byte> mine, std::span<std::byte> all, patience limit) override {
    pass();
    return inner_->all_gather(mine, all, limit);
  }
  status broadcast(std::span<std::byte> bytes, uint32_t root, patience limit) override {
    pass();
    return inner_->broadcast(bytes, root, limit);
  }
  status reduce_scatter(std::span<const int64_t> values, std::span<int64_t> mine, reduce_op op,
                        patience limit) override {
    pass();
    return inner_->reduce_scatter(values, mine, op, limit);
  }
  status barrier(patience limit) override {
    pass();
    return inner_->barrier(limit);
  }
  void abort(failure reason) noexcept override { inner_->abort(std::move(reason)); }
  std::optional<failure> async_error() const override { return inner_->async_error(); }

private:
  void pass() {
    if (verbs_ > 0)
      --verbs_;
    else
      gate_->stop(*inner_);
  }

  const std::unique_ptr<collective> inner_;
  const std::shared_ptr<rank_gate> gate_;
  uint64_t verbs_; ///< left
};

class gated_carrier final : public rank_carrier {
public:
  gated_carrier(std::shared_ptr<rank_carrier> inner, std::shared_ptr<rank_gate> gate)
      : inner_(std::move(inner)), gate_(std::move(gate)) {}

  result<std::unique_ptr<collective>> join(const rank_seat& seat) override {
    auto joined = inner_->join(seat);
    if (!joined)
      return joined;
    return std::unique_ptr<collective>(std::make_unique<gated_collective>(*std::move(joined), gate_));
  }

private:
  const std::shared_ptr<rank_carrier> inner_;
  const std::shared_ptr<rank_gate> gate_;
};

} // namespace weft::test
