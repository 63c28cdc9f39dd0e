#pragma once

#include "actors/corpus_segment.hpp"
#include "runtime/base/time.hpp"
#include "runtime/corpus/corpus_engine.hpp"
#include "runtime/job/job_id.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace weft {

/// The vectors of corpora in memory, within a budget of bytes: by job, segment and hash, so that an epoch or a search
/// loads only what no one before it has loaded. What a run needs stays until release(); of the others the job whose
/// searches are longest ago goes first, whole, unless one is under way. Owned by DEVICE_GROUP; not thread-safe. What is
/// given away (corpus_segment_ptr, shards) lives on with whoever has it, and counts until that search has ended.
class corpus_store {
public:
  explicit corpus_store(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // For runs.

  /// What is not here yet of a rank's share. From here on the job stays; what the share has not goes. errc::overloaded:
  /// as far as is known before they are here, there is no room for them and a run.
  result<std::vector<planned_segment>> plan_run(job_id job, std::span<const planned_segment> share);
  /// Room for what a run makes of its share: the rows once more, and points. In place of the one before. REQUIRES:
  /// plan_run(). errc::overloaded.
  status reserve_run(job_id job, std::span<const placed_segment> share);
  /// What is reserved for the job's run.
  uint64_t run_bytes(job_id job) const;
  /// Counts bytes of a run that nobody can end, until let_go(); what searches have goes for them, if that helps.
  void hold(uint64_t bytes);
  void let_go(uint64_t bytes) { held_ -= bytes; }
  /// No run needs the job any more. What searches asked for may stay, everything else goes.
  void release(job_id job);

  // For searches.

  /// As plan_run(), but the job may go when there is no room for others. now: it is asked for.
  result<std::vector<planned_segment>> plan_search(job_id job, std::span<const planned_segment> share, time_point now);
  /// Points of this share, if there are some. now: it is asked for.
  std::shared_ptr<const corpus_shard> shard(job_id job, std::span<const planned_segment> share, int32_t scale_exponent,
                                            time_point now);
  /// All points of the shard that shard() gave last, for engines. REQUIRES: it gave one.
  shared_points_ptr shard_points(job_id job) const { return corpora_.at(job).shard_points; }
  /// A search of what is here begins, and ends; in between the job stays.
  void begin_search(job_id job) { ++used_[job].searches; }
  void end_search(job_id job);
  /// Room for points of this share, for a search that begins now and makes them; what has to go for them goes.
  /// errc::overloaded. REQUIRES: nobody else makes points of the job.
  status reserve_shard(job_id job, std::span<const placed_segment> share);
  /// They are made, or cannot be.
  void free_shard(job_id job) { used_.at(job).shard_bytes = 0; }
  /// The rows of its segments are from now on those of the shard, so that memory has them once.
  void keep_shard(job_id job, std::vector<planned_segment> share, std::shared_ptr<const corpus_shard> shard);
  /// The job's results are gone. REQUIRES: no run needs it.
  void drop(job_id job);
  /// Jobs that nobody has asked for since.
  void drop_idle(time_point since);

  // For both.

  /// Which form of a segment was planned last; nothing: none, or it is here.
  std::optional<planned_segment> wanted(job_id job, uint32_t segment) const;
  /// What nobody has planned, or is here, is dropped. errc::overloaded: no room, and nothing of this is kept.
  status add(job_id job, std::span<const corpus_segment_ptr> segments);
  /// All of a share; nothing: a part is not here.
  std::optional<std::vector<placed_segment>> find(job_id job, std::span<const planned_segment> share) const;

  uint64_t bytes() const noexcept;
  uint64_t bytes_max() const noexcept { return bytes_max_; }
  size_t corpora() const noexcept { return corpora_.size(); }

private:
  using form = std::pair<uint32_t, uint64_t>; ///< segment and hash
  struct corpus {
    std::map<form, corpus_segment_ptr> segments;
    uint64_t segment_bytes = 0;                 ///< of these, without rows that are the shard's
    std::map<uint32_t, planned_segment> wanted; ///< not here yet
    bool is_run = false;                        ///< stays
    uint64_t run_bytes = 0;                     ///< reserved
    std::optional<time_point> asked;            ///< by the last search
    std::shared_ptr<const corpus_shard> shard;
    shared_points_ptr shard_points; ///< its points, for engines
    std::vector<planned_segment> shard_share;

    uint64_t bytes() const noexcept;
    void count_segments();
    uint32_t dimensions() const noexcept { return segments.empty() ? 0 : segments.begin()->second->dimensions; }
  };
  /// A shard in whose place there is another. Searches may have it still.
  struct former_shard {
    std::weak_ptr<const corpus_shard> shard;
    uint64_t bytes = 0;
  };
  /// What searches under way have of a job.
  struct use {
    uint32_t searches = 0;
    uint64_t shard_bytes = 0;         ///< of points that one of them makes
    uint64_t dropped_bytes = 0;       ///< of what is nowhere else any more
    std::vector<former_shard> former; ///< while one of them has it: at most one a search

    uint64_t bytes() const noexcept;
  };
  bool may_go(job_id job, const corpus& it) const { return !it.is_run && !used_.contains(job); }
  uint64_t bytes_beside() const noexcept;
  std::vector<planned_segment> lacking(corpus& it, std::span<const planned_segment> share) const;
  failure no_room(uint64_t bytes) const;
  /// Of all that cannot go, `keep` among them.
  uint64_t bytes_that_stay(job_id keep) const;
  /// Lets others go until so many more bytes fit; or lets none go, where that is not enough.
  status make_room(job_id keep, uint64_t more);

  const uint64_t bytes_max_;
  std::map<job_id, corpus> corpora_;
  std::map<job_id, use> used_;
  uint64_t held_ = 0;
};

} // namespace weft
