#pragma once

#include "runtime/jobs/corpus_answers.hpp"
#include "runtime/jobs/corpus_desk.hpp"
#include "runtime/jobs/corpus_loader.hpp"
#include "runtime/jobs/corpus_searches.hpp"
#include "runtime/jobs/corpus_shares.hpp"
#include "runtime/jobs/known_corpora.hpp"

#include <optional>

namespace weft {

/// The parts of a jobs core that are about corpora, and what passes between them. Not thread-safe.
struct corpus_parts {
  corpus_parts(jobs_state& state, record_keeper& keeper, replicator& copies, corpus_desk::orders given);

  corpus_loader loader;
  corpus_desk desk;
  corpus_shares shares;
  known_corpora known;
  corpus_searches searches;
  corpus_answers answers;

  /// From whoever owns vectors and ranks.
  void on(corpus_event& event);
  void members_changed();
  void header_changed(const job_header& header);
  void drain();
  void tick();
  std::optional<time_point> next_wake() const;
  /// How far a corpus is that this node leads.
  std::optional<corpus_standing> standing(job_id job) const;
};

} // namespace weft
