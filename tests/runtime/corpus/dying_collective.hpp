#pragma once

#include "runtime/ports/collective.hpp"

#include <cstdint>
#include <limits>
#include <memory>

namespace weft::test {

/// An end that dies when its rank calls a verb for the nth time: the others wait in that verb and learn that it has
/// gone. Counts verbs.
class dying_collective final : public collective {
public:
  static constexpr uint64_t never = std::numeric_limits<uint64_t>::max();

  dying_collective(std::unique_ptr<collective> end, uint64_t verbs_max)
      : group_(end->group()), end_(std::move(end)), verbs_max_(verbs_max) {}

  uint64_t verbs() const noexcept { return verbs_; }

  const collective_group& group() const noexcept override { return group_; }
  status all_reduce(std::span<int64_t> values, reduce_op op, patience limit) override {
    return dies() ? gone() : end_->all_reduce(values, op, limit);
  }
  status all_reduce(std::span<int32_t> values, reduce_op op, patience limit) override {
    return dies() ? gone() : end_->all_reduce(values, op, limit);
  }
  status all_gather(std::span<const std::byte> mine, std::span<std::byte> all, patience limit) override {
    return dies() ? gone() : end_->all_gather(mine, all, limit);
  }
  status broadcast(std::span<std::byte> bytes, uint32_t root, patience limit) override {
    return dies() ? gone() : end_->broadcast(bytes, root, limit);
  }
  status reduce_scatter(std::span<const int64_t> values, std::span<int64_t> mine, reduce_op op,
                        patience limit) override {
    return dies() ? gone() : end_->reduce_scatter(values, mine, op, limit);
  }
  status barrier(patience limit) override { return dies() ? gone() : end_->barrier(limit); }
  void abort(failure reason) noexcept override {
    if (end_)
      end_->abort(std::move(reason));
  }
  std::optional<failure> async_error() const override { return end_ ? end_->async_error() : gone().error(); }

private:
  static status gone() { return failure{errc::unavailable, "this rank died"}; }
  bool dies() {
    if (verbs_ == verbs_max_)
      end_.reset();
    else
      ++verbs_;
    return !end_;
  }

  const collective_group group_;
  std::unique_ptr<collective> end_;
  const uint64_t verbs_max_;
  uint64_t verbs_ = 0;
};

} // namespace weft::test
