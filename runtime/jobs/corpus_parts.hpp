#pragma once

#include "runtime/jobs/corpus_answers.hpp"
#include "runtime/jobs/corpus_desk.hpp"
#include "runtime/jobs/corpus_loader.hpp"
#include "runtime/jobs/corpus_searches.hpp"
#include "runtime/jobs/corpus_shares.hpp"
#include "runtime/jobs/known_corpora.hpp"

#include <cstdint>
#include <functional>
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
  /// From another node: an order, or how far a corpus is that is led here.
  void exchanged(uint64_t exchange, const corpus_exchange& request);
  void drain();
  void tick();
  std::optional<time_point> next_wake() const;
  /// What there is of corpora that are being made or loaded; 0: nothing is held for any.
  size_t under_way() const { return desk.under_way() + loader.under_way(); }
  /// How far a corpus is that this node leads.
  std::optional<corpus_standing> standing(job_id job) const;
  /// As the node says that leads it. `done` is called once, here where nobody is to be asked; nothing: nobody leads the
  /// job's corpus now, or does not answer.
  void find_standing(const job_header& header, std::function<void(std::optional<corpus_standing>)> done);

private:
  jobs_state& state_;
};

} // namespace weft
