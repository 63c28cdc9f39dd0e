#pragma once

#include "runtime/job/job_segment.hpp"
#include "runtime/jobs/effects.hpp"
#include "runtime/jobs/failure_kind.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace weft {

/// The items of a segment on their way to an outcome each. Every item is at one place: in a slice that is still to be
/// run here, in a run, among the suspects (it failed here, alone), or settled. Part of execution_core.
class segment_work {
public:
  /// `first_item`: what messages count the items from. REQUIRES: texts is not null and has some.
  segment_work(std::shared_ptr<const segment_texts> texts, uint64_t first_item);

  const std::shared_ptr<const segment_texts>& texts() const noexcept { return texts_; }

  /// The same, or errc::other_identity: it was computed in another numeric class than the job's.
  run_outcome checked(run_outcome outcome) const;

  /// The next items to run together: their texts have this many bytes at most, or it is one item. Empty: none are left.
  /// They come back by ran(), checked().
  std::vector<uint32_t> take_slice(uint64_t bytes_max);
  /// What came of a slice. Passing failures put it back; the answer says which kind it was, if it failed as a whole.
  /// A slice that was computed in another way (version, numeric class) than those before has these computed again.
  std::optional<failure_kind> ran(const std::vector<uint32_t>& items, run_outcome outcome);

  bool has_slices() const noexcept { return !slices_.empty(); }
  /// Ascending.
  const std::vector<uint32_t>& suspects() const noexcept { return suspects_; }
  /// The suspects' texts, for another node.
  segment_texts suspects_work() const;
  /// What another node says of the suspects, in their order. False: it is no answer to that.
  bool tried_elsewhere(segment_results results);
  /// Enough nodes failed on the suspects: they fail with their reasons. Those of which it is only known that nodes
  /// could not do it (failure_kind::about_node) become a slice again.
  void give_up(uint32_t nodes);
  /// This node cannot do the work at all: it has not failed on the items.
  bool unfit() const noexcept { return unfit_; }
  const failure& unfit_reason() const noexcept { return unfit_reason_; }
  /// Nothing has an outcome yet: starting anew costs nothing.
  bool untouched() const noexcept { return settled_count_ == 0 && suspects_.empty(); }

  bool done() const noexcept { return settled_count_ == results_.items.size(); }
  /// REQUIRES: done().
  segment_results take_results();

private:
  void split(const std::vector<uint32_t>& items, const failure& reason);
  void settle(uint32_t item, item_outcome outcome);
  void fail(uint32_t item, errc code, const std::string& message);
  void suspect(uint32_t item, errc code, const std::string& message);
  bool computed_alike(const segment_results& other) const;
  void take_over_kind(const segment_results& other);
  void compute_again();
  failure_kind kind_of_run(errc code) const noexcept;
  std::string named(uint32_t item, uint32_t place, const std::string& message) const;

  std::shared_ptr<const segment_texts> texts_;
  uint64_t first_item_;
  std::optional<numeric_class> class_; ///< that results have to have
  std::deque<std::vector<uint32_t>> slices_;
  std::vector<uint32_t> suspects_;
  std::vector<bool> settled_;
  size_t settled_count_ = 0;
  bool has_kind_ = false; ///< results_ says how the settled ones were computed
  bool unfit_ = false;
  failure unfit_reason_;
  segment_results results_; ///< of a suspect: its last reason
};

} // namespace weft
