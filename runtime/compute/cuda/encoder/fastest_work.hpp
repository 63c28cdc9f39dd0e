#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compute/cuda/base/stream.hpp"

#include <cstddef>
#include <functional>
#include <optional>

namespace weft::cuda {

struct fastest_work {
  size_t index = 0;
  float microseconds = 0; ///< of it, once
};

/// Queues candidate `index` on the stream that is measured.
using candidate_work = std::function<status(size_t index)>;

/// The fastest of `count` ways to do the same, or nothing where none can be done. How it is measured:
/// - the device computes for a tenth of a second first, once a process: its clock rises with work;
/// - each way as a graph of several runs, so that the host's own time is not measured;
/// - one way after the other, and all of them again: what changes meanwhile (clock, neighbours) hits all alike;
/// - the median of these rounds.
/// A way that fails is passed over, unless it took the device with it: that is the failure returned.
result<std::optional<fastest_work>> find_fastest(const stream& order, size_t count, const candidate_work& enqueue);

} // namespace weft::cuda
