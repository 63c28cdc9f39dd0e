#pragma once

#include "runtime/corpus_job/search_codec.hpp"
#include "runtime/jobs/corpus_effects.hpp"
#include "runtime/jobs/corpus_loader.hpp"
#include "runtime/jobs/jobs_state.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>

namespace weft {

/// This node's shares of corpora that are searched: brings each into memory, has it searched, answers. One search of a
/// corpus at a time, the others wait; whoever is given nothing in corpus_search_within asks elsewhere. Part of
/// jobs_core; not thread-safe.
class corpus_shares {
public:
  using hits_found = std::function<void(result<share_hits>)>;

  corpus_shares(jobs_state& state, corpus_loader& loader) : state_(state), loader_(loader) {}

  /// From another node.
  void search(uint64_t exchange, const corpus_search& request);
  /// `done` is called once, never before this returns. Errors: errc::overloaded (too many, or
  /// too large ones), deadline_exceeded, unavailable (a
  /// segment is not there in the form that is wanted), and what memory says.
  void search(corpus_share_search search, hits_found done);

  void on(corpus_events::found& event);
  /// Of a job that is removed the vectors go.
  void header_changed(const job_header& header);
  void drain();
  void tick();
  std::optional<time_point> next_wake() const;

private:
  struct waiting {
    corpus_share_search search;
    hits_found done;
    time_point give_up;
    uint64_t bytes = 0;  ///< of the search
    uint64_t ticket = 0; ///< 0: not begun; the first of a job is
  };
  bool has_room(uint64_t bytes) const;
  void begin(job_id job);
  void end(job_id job, result<share_hits> outcome);

  jobs_state& state_;
  corpus_loader& loader_;
  bool is_draining_ = false;
  std::map<job_id, std::deque<waiting>> queues_;
  std::set<job_id> searched_; ///< whose vectors may be in memory
  size_t waiting_ = 0;
  uint64_t waiting_bytes_ = 0;
  uint64_t last_ticket_ = 0;
};

} // namespace weft
