#pragma once

#include "runtime/corpus/corpus_extract.hpp"
#include "runtime/corpus/corpus_result.hpp"

#include <memory>
#include <optional>

namespace weft {

struct corpus_run_setup {
  corpus_rows rows; ///< what this rank has embedded; may be empty
  corpus_options options{};
  bool keep_rows = false; ///< the floats stay, for searches and for the next group; the same on every rank
  std::vector<corpus_engine> engines{}; ///< of this node, for its points; without any the rank's thread computes
  /// Where to go on, if this rank knows: the furthest of any rank is taken. One of another corpus or of other options
  /// is dropped by the rank that has it; where no rank has another, the run begins anew.
  std::optional<corpus_checkpoint> from{};
  // As in duplicate_options and extract_options; the same on every rank. They change no result.
  uint64_t round_bytes_max = duplicate_options{}.round_bytes_max;
  uint32_t round_candidates = extract_options{}.round_candidates;
};

/// One rank's part in the work on a corpus whose items are embedded: a step a call, the same step on every rank of the
/// group, each on its rank's thread. Between two steps the owner may keep checkpoint() (every rank has the same).
///
///   corpus_run run({rows, options});
///   while (run.next() != corpus_step::done)
///     if (auto stepped = run.step(group); !stepped) …   // see below
///
/// A step that fails: errc::cancelled (somebody was asked to stop) leaves the run as it was before the step. What the
/// port says (unavailable, deadline_exceeded, internal) and what an engine says end this run: whoever is left forms the
/// next group, makes new runs of checkpoint() and of the items that the survivors then have, and gets the same bits as
/// if nothing had happened. errc::invalid_argument, empty_call, too_many_items: what was given, on every rank;
/// errc::state_damaged: the checkpoint that was agreed on cannot be gone on from; begin anew without one.
/// Deterministic, for every division of the items. Not thread-safe.
class corpus_run {
public:
  explicit corpus_run(corpus_run_setup setup);

  corpus_step next() const noexcept { return next_; }

  /// Measures, draws seeds, does one iteration of k-means, compares one round of groups, summarizes, or plans the
  /// extract. REQUIRES: next() is not done.
  status step(corpus_group& group);

  /// Nothing before the corpus is measured.
  const std::optional<corpus_checkpoint>& checkpoint() const noexcept { return checkpoint_; }

  /// The same on every rank. REQUIRES: next() is done.
  const corpus_result& outcome() const;

  /// What this rank was given, for the run of the next group; after that this run is over. Nothing where the corpus was
  /// measured without keep_rows: then the items are embedded once more, or read from where their vectors are kept.
  std::optional<corpus_rows> take_rows();

  /// This rank's part, for searches. REQUIRES: the corpus is measured.
  const corpus_shard& shard() const;
  /// The cluster of each of its points. REQUIRES: next() is done.
  const assigned_points& points() const;

private:
  status measure(corpus_group& group);
  status draw_seeds(corpus_group& group);
  status iterate(corpus_group& group);
  status compare(corpus_group& group);
  status summarize(corpus_group& group);
  status extract(corpus_group& group);

  shard_clusters& clusters();
  status fetch_points(corpus_group& group);
  status finish(corpus_group& group, std::vector<corpus_cluster> summary, std::vector<extract_pick> picks);
  void advance(corpus_step next);

  corpus_run_setup setup_;
  corpus_step next_ = corpus_step::measure;
  std::optional<corpus_checkpoint> checkpoint_;
  std::shared_ptr<corpus_shard> shard_; ///< what follows points to it
  std::unique_ptr<shard_clusters> clusters_;
  std::optional<near_duplicates> duplicates_;
  std::optional<assigned_points> points_;
  std::optional<corpus_result> outcome_;
};

/// The checkpoint of the rank that is furthest, on every rank; nothing where none has one. Up to four verbs. REQUIRES:
/// those of all ranks are of one corpus and the same options; whoever has another gives nothing.
result<std::optional<corpus_checkpoint>> agree_on_checkpoint(corpus_group& group,
                                                             const std::optional<corpus_checkpoint>& mine);

} // namespace weft
