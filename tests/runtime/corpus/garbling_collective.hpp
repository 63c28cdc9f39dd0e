#pragma once

#include "runtime/ports/collective.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <utility>

namespace weft::test {

/// An end whose first all_gather brings something else than the ranks sent: on each rank what `spoil` makes of it.
class garbling_collective final : public collective {
public:
  garbling_collective(collective& end, std::function<void(std::span<std::byte>)> spoil)
      : end_(end), spoil_(std::move(spoil)) {}

  const collective_group& group() const noexcept override { return end_.group(); }
  status all_reduce(std::span<int64_t> values, reduce_op op, patience limit) override {
    return end_.all_reduce(values, op, limit);
  }
  status all_reduce(std::span<int32_t> values, reduce_op op, patience limit) override {
    return end_.all_reduce(values, op, limit);
  }
  status all_gather(std::span<const std::byte> mine, std::span<std::byte> all, patience limit) override {
    auto gathered = end_.all_gather(mine, all, limit);
    if (gathered && spoil_)
      std::exchange(spoil_, nullptr)(all);
    return gathered;
  }
  status broadcast(std::span<std::byte> bytes, uint32_t root, patience limit) override {
    return end_.broadcast(bytes, root, limit);
  }
  status reduce_scatter(std::span<const int64_t> values, std::span<int64_t> mine, reduce_op op,
                        patience limit) override {
    return end_.reduce_scatter(values, mine, op, limit);
  }
  status barrier(patience limit) override { return end_.barrier(limit); }
  void abort(failure reason) noexcept override { end_.abort(std::move(reason)); }
  std::optional<failure> async_error() const override { return end_.async_error(); }

private:
  collective& end_;
  std::function<void(std::span<std::byte>)> spoil_;
};

} // namespace weft::test
