#pragma once

#include "runtime/jobs/corpus_effects.hpp"
#include "runtime/jobs/jobs_state.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace weft {

/// Brings shares of corpora into memory: asks which results are not there, reads these and gives them, some at a time
/// and only as they are taken; then the checkpoint that was kept, where one is asked for. At most 4 records are read at
/// once, and 8 MiB of them are on their way. Part of jobs_core; not thread-safe.
class corpus_loader {
public:
  using share_loaded = std::function<void(result<corpus_loaded>)>;

  corpus_loader(jobs_state& state, std::function<void(segment_id)> damaged)
      : state_(state), damaged_(std::move(damaged)) {}

  /// `done` once, unless it is cancelled. Epoch 0: for searches. What the same epoch was loading before is cancelled.
  /// Errors: errc::unavailable (a segment is not there in the form that is wanted), and what memory says.
  void load(job_id job, uint64_t epoch, corpus_load load, share_loaded done);
  void cancel(job_id job, uint64_t epoch) { loadings_.erase({job, epoch}); }
  /// All epochs of runs.
  void cancel_runs(job_id job);

  size_t under_way() const noexcept { return loadings_.size(); }

  void on(corpus_events::lacks& event);
  void on(corpus_events::fed& event);
  void on(corpus_events::loaded& event);

private:
  struct loading {
    uint64_t number = 0; ///< tells it from another one of the same epoch
    corpus_load load;
    share_loaded done;
    std::vector<planned_segment> lacking{};
    size_t next = 0;
    uint32_t reading = 0;
    uint64_t bytes_reading = 0; ///< as this node's table knows them
    std::vector<segment_record> read{};
    uint64_t bytes_read = 0;
    uint64_t bytes_fed = 0; ///< that are not taken yet; 0: none
    bool is_sealed = false;
  };
  using place = std::pair<job_id, uint64_t>; ///< and epoch
  loading* find(const place& where, uint64_t number);
  void end(const place& where, result<corpus_loaded> outcome);
  void go_on(const place& where);
  uint64_t bytes_of(const place& where, const planned_segment& wanted) const;
  bool has_room(const place& where, const loading& it) const;
  void read(const place& where, loading& it);
  void was_read(const place& where, const planned_segment& wanted, uint64_t bytes, result<segment_record> record);
  void seal(const place& where, loading& it);

  jobs_state& state_;
  std::function<void(segment_id)> damaged_;
  std::map<place, loading> loadings_;
  uint64_t last_number_ = 0;
};

} // namespace weft
