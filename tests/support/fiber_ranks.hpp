#pragma once

#include "runtime/compute/collective/verb_call.hpp"
#include "runtime/ports/collective.hpp"
#include "tests/support/fiber.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace weft::test {

/// A communicator whose ranks take turns on one thread, each a fiber: they go in the order of the ranks and leave where
/// a verb waits for others. To simulations what thread_group is to nodes: the same each time, without a thread, and a
/// verb costs about a microsecond. Nobody waits for the time: where no rank can go on, as one does not come, all fail
/// with errc::deadline_exceeded. Not thread-safe.
class fiber_ranks {
public:
  /// REQUIRES: 0 < ranks <= collective_ranks_max.
  explicit fiber_ranks(uint32_t ranks, uint64_t epoch = 0);
  ~fiber_ranks();
  fiber_ranks(const fiber_ranks&) = delete;
  fiber_ranks& operator=(const fiber_ranks&) = delete;

  /// Runs it on each rank's end, until all have returned. What it throws is thrown here; then this is of no use more.
  void on_each(const std::function<void(collective&)>& run);

private:
  class end;

  status meet(uint32_t rank, const verb_call& call);
  void perform();
  void stop(failure why);

  std::vector<std::unique_ptr<end>> ends_; ///< [ranks]
  fiber::group fibers_;
  std::vector<verb_call> calls_; ///< [ranks], of the verb under way
  size_t here_ = 0;              ///< ranks that have come to it
  uint64_t verbs_ = 0;           ///< done so far
  std::optional<failure> stopped_;
};

} // namespace weft::test
