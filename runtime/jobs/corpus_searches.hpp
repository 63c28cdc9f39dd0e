#pragma once

#include "runtime/corpus_job/search_codec.hpp"
#include "runtime/jobs/corpus_shares.hpp"
#include "runtime/jobs/jobs_state.hpp"
#include "runtime/jobs/known_corpora.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace weft {

/// Searches of whole corpora for clients: each holder of a plan searches its share, hits are merged, items get their
/// texts. The share of a holder that fails is planned again over the others; where there are none, all are tried anew
/// after a pause. The answer is that of the whole corpus, or an error. Part of jobs_core; not thread-safe.
class corpus_searches {
public:
  corpus_searches(jobs_state& state, known_corpora& corpora, corpus_shares& shares,
                  std::function<void(segment_id)> damaged)
      : state_(state), corpora_(corpora), shares_(shares), damaged_(std::move(damaged)) {}

  /// The job is known, or everybody was asked → corpus_ranked.
  void rank(uint64_t question, corpus_query query);
  /// Who is gone will not answer.
  void members_changed();

private:
  struct share_under_way {
    node_id node{};
    std::vector<planned_segment> share;
  };
  struct search {
    corpus_query query;
    search_options options;
    std::shared_ptr<const known_corpus> corpus; ///< null: being found
    std::map<uint64_t, share_under_way> asked{};
    share_hits best{};                   ///< [queries]: of what was looked at so far
    std::vector<planned_segment> left{}; ///< to be planned
    std::set<node_id> failed{};          ///< not asked until the next pause
    failure last_failure{};
    uint32_t pauses = 0;
  };
  search* find(uint64_t question);
  std::optional<failure> check(corpus_query& query) const;
  void begin(uint64_t question);
  void found(uint64_t question, std::shared_ptr<const known_corpus> corpus);
  void plan(uint64_t question);
  void ask(uint64_t question, node_id node, std::vector<planned_segment> share);
  void answered(uint64_t question, uint64_t number, result<share_hits> hits);
  void pause(uint64_t question);
  static void keep_best(search& it, share_hits& hits);
  void merge(uint64_t question);
  void give(uint64_t question, corpus_hits hits);
  void end(uint64_t question, result<corpus_hits> outcome);

  jobs_state& state_;
  known_corpora& corpora_;
  corpus_shares& shares_;
  std::function<void(segment_id)> damaged_;
  std::map<uint64_t, search> searches_;
  uint64_t last_number_ = 0;
};

} // namespace weft
