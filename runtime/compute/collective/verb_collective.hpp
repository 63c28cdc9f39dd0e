#pragma once

#include "runtime/compute/collective/verb_call.hpp"
#include "runtime/ports/collective.hpp"

namespace weft {

/// A collective whose verbs all go one way: as bytes with a key. What implementations share.
class verb_collective : public collective {
public:
  explicit verb_collective(collective_group group) : group_(group) {}

  const collective_group& group() const noexcept final { return group_; }

  status all_reduce(std::span<int64_t> values, reduce_op op, patience limit) final {
    return run(all_reduce_call(values, op), limit);
  }
  status all_reduce(std::span<int32_t> values, reduce_op op, patience limit) final {
    return run(all_reduce_call(values, op), limit);
  }
  status all_gather(std::span<const std::byte> mine, std::span<std::byte> all, patience limit) final {
    return run(all_gather_call(mine, all, group_.ranks), limit);
  }
  status broadcast(std::span<std::byte> bytes, uint32_t root, patience limit) final {
    return run(broadcast_call(bytes, root, group_.ranks), limit);
  }
  status reduce_scatter(std::span<const int64_t> values, std::span<int64_t> mine, reduce_op op, patience limit) final {
    return run(reduce_scatter_call(values, mine, op, group_.ranks), limit);
  }
  status barrier(patience limit) final { return run(barrier_call(), limit); }

private:
  virtual status run(const verb_call& call, patience limit) = 0;

  const collective_group group_;
};

} // namespace weft
