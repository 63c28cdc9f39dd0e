#pragma once

#include "runtime/corpus_job/corpus_outcome.hpp"
#include "runtime/corpus_job/rank_plan.hpp"
#include "runtime/jobs/jobs_state.hpp"
#include "runtime/jobs/record_keeper.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace weft {

/// What a search needs to know of a corpus whose job is done.
struct known_corpus {
  corpus_facts facts;
  item_gaps gaps;
  std::string model_version;
  numeric_class precision = numeric_class::fp32;
  std::vector<segment_holding> segments;
  rank_plan plan; ///< over the workers that were live
};

/// Corpora that this node was asked about, so that a search costs neither a survey nor the whole outcome each time. The
/// least recently asked goes. Part of jobs_core; not thread-safe.
class known_corpora {
public:
  using corpus_found = std::function<void(result<std::shared_ptr<const known_corpus>>)>;

  known_corpora(jobs_state& state, record_keeper& keeper, std::function<void(segment_id)> damaged)
      : state_(state), keeper_(keeper), damaged_(std::move(damaged)) {}

  /// At once where it is known. Errors: errc::unavailable (the outcome, or vectors, lie on no node that is there), the
  /// reason of a corpus without a result, and as plan_ranks().
  void find(job_id job, corpus_found done);
  /// Where its segments lie has changed; what its outcome says has not.
  void stale(job_id job);
  void members_changed();
  void header_changed(const job_header& header);

private:
  static constexpr size_t corpora_max = 16;
  struct entry {
    std::shared_ptr<const known_corpus> corpus; ///< not null
    bool is_stale = false;                      ///< its segments and its plan
    uint64_t asked = 0;
  };
  void survey(job_id job, known_corpus corpus, corpus_found done);
  void keep(job_id job, std::shared_ptr<const known_corpus> corpus);

  jobs_state& state_;
  record_keeper& keeper_;
  std::function<void(segment_id)> damaged_;
  std::map<job_id, entry> corpora_;
  uint64_t asked_ = 0;
};

} // namespace weft
