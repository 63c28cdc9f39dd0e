#pragma once

#include "runtime/ports/collective.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// One rank's side of its group while a corpus is worked on: the port's verbs with one patience, and what is made of
/// them. All ranks call the same in the same order, each on the thread that owns its end of the port; not thread-safe.
/// A failure of the port comes back as it is; then nothing of this group can be used any more.
class corpus_group {
public:
  /// port: outlives this. patience: of one verb; long enough for the slowest rank's work between two of them, and for
  /// what the ranks send each other. The longest works are an assignment (items of the rank × clusters × dimensions
  /// products) and comparing a round's groups on one rank (half of the square of a group's items, × dimensions: 5·10^10
  /// products for 16 384 items of 384 dimensions, a second or so; 16 times as many for 65 536 items), so patience has
  /// to grow with the size of these groups. stop: whether this rank is asked to end the work; empty: never.
  corpus_group(collective& port, collective::patience patience, std::function<bool()> stop = {})
      : port_(port), patience_(patience), stop_(std::move(stop)) {}

  uint32_t rank() const noexcept { return port_.group().rank; }
  uint32_t ranks() const noexcept { return port_.group().ranks; }

  status sum(std::span<int64_t> values) { return port_.all_reduce(values, reduce_op::sum, patience_); }
  status sum(std::span<int32_t> values) { return port_.all_reduce(values, reduce_op::sum, patience_); }
  status minimum(std::span<int64_t> values) { return port_.all_reduce(values, reduce_op::minimum, patience_); }
  status maximum(std::span<int64_t> values) { return port_.all_reduce(values, reduce_op::maximum, patience_); }

  /// errc::cancelled on every rank as soon as one is asked to stop. Nobody is cut off: the group can still be used.
  status go_on();

  /// errc::internal, naming `what`, on every rank unless all have the same value.
  status same(uint64_t value, std::string_view what);

  /// Everyone's bytes, in the order of the ranks. errc::invalid_argument on every rank when they are more than
  /// bytes_max together. Memory: three times the bytes that were gathered, or a megabyte.
  result<std::vector<std::string>> gather(std::string_view mine, uint64_t bytes_max);

  /// Everyone gets the bytes of `root`; what others give is not looked at.
  result<std::string> share(std::string bytes, uint32_t root);

  /// This rank cannot go on: ends the group for all, at once, and returns the reason.
  failure leave(failure reason);

private:
  result<std::vector<std::string>> gather_padded(std::string_view mine, std::span<const int64_t> sizes, size_t widest);
  result<std::vector<std::string>> gather_in_turn(std::string_view mine, std::span<const int64_t> sizes);

  collective& port_;
  collective::patience patience_;
  std::function<bool()> stop_;
};

} // namespace weft
