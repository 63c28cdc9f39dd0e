#pragma once

#include "runtime/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace weft {

/// How the values of all ranks become one. Integers only: a sum of floats depends on the order of its terms, and every
/// result that travels this way is equal to the bit on any number of ranks.
enum class reduce_op : uint8_t { sum, minimum, maximum };

/// Ranks of one communicator: more devices than a cluster of ours has. Bounds what a rank keeps for the others.
inline constexpr uint32_t collective_ranks_max = 64;

/// Who takes part: ranks 0 to ranks - 1 of one communicator. Whenever one dies the survivors form the next, one epoch
/// higher.
struct collective_group {
  uint64_t epoch = 0;
  uint32_t rank = 0;
  uint32_t ranks = 1;
  /// Stands for who takes part, the same number on all ranks: two nodes may form an epoch each for itself, and their
  /// ranks must not mix. Ranks over links compare it.
  uint64_t formation = 0;
};

/// One rank's end of a communicator: NCCL between devices, or the CPU between threads and nodes; the same verbs, the
/// same failures. All ranks call the same verbs in the same order with equal sizes; each call returns when this rank's
/// part is done, so the owner is a thread that nothing else waits for (a device has one, a rank of a job has one).
/// Destroyed by its owner, in no verb, once every abort() and async_error() of other threads has returned: whoever may
/// call these from elsewhere keeps it alive meanwhile.
///
/// patience: from the call on, for everything: until the slowest of all ranks has come (so for the longest work of any
/// rank between two verbs), and for what travels, which is ranks times a rank's bytes in an all_gather. A larger group
/// needs more.
///
/// A verb that fails leaves its buffers undefined and the communicator unusable: every later verb fails at once with
/// the same failure. errc::unavailable: a rank died or somebody aborted (the message names the rank);
/// errc::deadline_exceeded: the others did not come within `patience`; errc::internal: ranks that called different
/// verbs or sizes. Survivors then close it and form the next epoch.
class collective {
public:
  using patience = std::chrono::milliseconds;

  virtual ~collective() = default;
  virtual const collective_group& group() const noexcept = 0;

  /// Each value becomes the op over all ranks' values. In place. A sum that overflows wraps.
  virtual status all_reduce(std::span<int64_t> values, reduce_op op, patience limit) = 0;
  virtual status all_reduce(std::span<int32_t> values, reduce_op op, patience limit) = 0;

  /// all: [ranks, mine.size()], in the order of the ranks. mine may be this rank's own place in `all`.
  /// REQUIRES: all.size() == ranks · mine.size(); else the two do not overlap.
  virtual status all_gather(std::span<const std::byte> mine, std::span<std::byte> all, patience limit) = 0;

  /// Everyone's bytes become those of `root`.
  virtual status broadcast(std::span<std::byte> bytes, uint32_t root, patience limit) = 0;

  /// mine: this rank's part of the op over all ranks' `values`. REQUIRES: values.size() == ranks · mine.size(); the two
  /// do not overlap: others still read values while mine is written.
  virtual status reduce_scatter(std::span<const int64_t> values, std::span<int64_t> mine, reduce_op op,
                                patience limit) = 0;

  /// Returns when all ranks have come.
  virtual status barrier(patience limit) = 0;

  /// Ends the verb in progress here and everywhere else, for good. Thread-safe, but never beyond the destructor's begin
  /// (see above); may be called again, the first reason stays.
  virtual void abort(failure reason) noexcept = 0;

  /// What ended this communicator, noticed without a verb in progress too. Thread-safe.
  virtual std::optional<failure> async_error() const = 0;
};

} // namespace weft
