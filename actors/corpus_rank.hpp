#pragma once

#include "actors/corpus_segment.hpp"
#include "actors/services.hpp"
#include "runtime/corpus/corpus_engine.hpp"
#include "runtime/corpus/corpus_result.hpp"
#include "runtime/ports/rank_carrier.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace weft {

/// The result of a corpus and the hash of its encoding, which all ranks have in common.
struct rank_outcome {
  std::shared_ptr<const corpus_result> result; ///< not null
  uint64_t hash = 0;
};

struct corpus_rank_setup {
  rank_seat seat;
  std::shared_ptr<rank_carrier> carrier; ///< not null
  std::vector<placed_segment> share;     ///< ascending; may be empty
  corpus_options options;
  std::shared_ptr<const corpus_checkpoint> from; ///< null: from the beginning, unless another rank has one
  std::vector<corpus_engine> engines;            ///< for points; none: the rank's thread computes
  std::chrono::milliseconds patience{};          ///< of a verb
  int niceness = 0;                              ///< of the thread; 0: that of whoever makes it
  /// Called on the rank's thread, and must only send messages: after each step (what it made, the checkpoint), then
  /// once at the end, when everything that the rank had is gone. Not null.
  std::function<void(corpus_step, std::shared_ptr<const corpus_checkpoint>)> stepped;
  std::function<void(result<rank_outcome>)> ended;
};

/// One rank of one epoch: a thread that joins, runs corpus_run to its end and goes. All verbs are called there, and its
/// end of the communicator is made and destroyed there. After a failure, the next rank goes on from the last
/// checkpoint that `stepped` was told.
class corpus_rank {
public:
  /// On a thread that `aside` gives; the rank lives until that ends.
  static std::shared_ptr<corpus_rank> start(corpus_rank_setup setup, const background& aside);
  explicit corpus_rank(corpus_rank_setup setup)
      : setup_(std::move(setup)), stepped_(std::move(setup_.stepped)), ended_(std::move(setup_.ended)) {}

  /// Ends the communicator, for all ranks: a verb at once, else as soon as the step comes to its next verb.
  /// Thread-safe, never waits for the rank; before it has joined, and after it has ended, as well.
  void abort(failure reason) noexcept;
  /// Neither `stepped` nor `ended` is called any more once this has returned. Thread-safe; waits for a call in
  /// progress.
  void ignore();

private:
  void work();
  result<rank_outcome> take_part();
  status join();
  void leave();
  void tell(corpus_step made, std::shared_ptr<const corpus_checkpoint> at);

  corpus_rank_setup setup_;
  std::mutex telling_; // held while somebody is told; guards what follows
  decltype(corpus_rank_setup::stepped) stepped_;
  decltype(corpus_rank_setup::ended) ended_;
  std::mutex mutex_; // guards the rest: held while the port is aborted, so that it is not destroyed meanwhile
  std::unique_ptr<collective> port_;
  std::optional<failure> aborted_;
};

} // namespace weft
