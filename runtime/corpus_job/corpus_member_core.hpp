#pragma once

#include "runtime/base/time.hpp"
#include "runtime/corpus_job/corpus_job_options.hpp"
#include "runtime/corpus_job/messages.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace weft {

/// What corpus_member_core wants done by who owns the vectors and the threads of this node's ranks.

/// Load these vectors, as the segments' results with these hashes; those that are in memory already stay. What is
/// remembered of another roster goes. → loaded()
struct load_corpus {
  job_id job;
  uint64_t epoch = 0;
  corpus_load load;
};
/// Join the communicator of this epoch and run, from the checkpoint that is remembered. → stepped(), finished()
struct start_corpus {
  job_id job;
  uint64_t epoch = 0;
  group_formation formation;
};
/// Abort the communicator. Vectors and the last checkpoint stay.
struct stop_corpus {
  job_id job;
  uint64_t epoch = 0;
};
/// Bring the last checkpoint, or the outcome, to safety with the job. → kept()
struct keep_corpus {
  job_id job;
  uint64_t epoch = 0;
  corpus_keep keep;
};
/// Nobody needs anything of it any more.
struct forget_corpus {
  job_id job;
};
using corpus_member_effect = std::variant<load_corpus, start_corpus, stop_corpus, keep_corpus, forget_corpus>;

/// What a rank has loaded, and the checkpoint with which it would go on.
struct corpus_loaded {
  loaded_share share;
  corpus_progress progress;
};

/// One node's part in corpus jobs: does what the coordinator of the highest epoch wants, nothing that another wants,
/// and says where it is. Owned by the corpus keeper; not thread-safe. Pure: events in, effects out.
class corpus_member_core {
public:
  /// self: this process of this node.
  corpus_member_core(group_worker self, corpus_member_options options = {}) : self_(self), options_(options) {}

  /// The answer is the present state. Where the vectors of corpora_max are here, `prepare` for a new one and `load` are
  /// refused as overloaded; a promise alone takes no such place, so jobs that wait do not hold up each other.
  corpus_report ordered(const corpus_order& order, time_point now);

  /// Whether epochs may begin on this node, from now on; at first they may. Where not, the next one fails here with
  /// this reason as soon as it is prepared: the coordinator does without this node. What is under way goes on.
  void set_ready(status ready) { ready_ = std::move(ready); }

  // What became of effects; of another epoch than the present one it is not heard.
  void loaded(job_id job, uint64_t epoch, result<corpus_loaded> outcome);
  void stepped(job_id job, uint64_t epoch, corpus_progress progress);
  void finished(job_id job, uint64_t epoch, result<uint64_t> result_hash);
  void kept(job_id job, uint64_t epoch, uint64_t generation, const status& outcome);

  /// The job has ended, by its header: whoever leads it may be gone.
  void job_ended(job_id job);
  void tick(time_point now);
  std::optional<time_point> next_wake() const;

  std::vector<corpus_member_effect> take_effects() { return std::exchange(effects_, {}); }
  size_t corpora() const noexcept { return parts_.size(); }

private:
  struct part {
    uint64_t epoch = 0;
    group_worker coordinator;
    corpus_stage stage = corpus_stage::prepared;
    time_point heard{};
    group_formation formation;
    bool has_vectors = false;
    uint64_t roster = 0; ///< of what is remembered
    corpus_progress progress;
    loaded_share share;
    std::optional<corpus_break> why;
    uint64_t result_hash = 0;
    uint64_t keep_asked = 0, kept = 0, keep_failed = 0;
  };
  part* find(job_id job, uint64_t epoch);
  bool has_room(job_id job) const;
  status may_promise(job_id job) const;
  void listen(job_id job, part& it, const corpus_order& order);
  void obey(part& it, const corpus_order& order);
  void load(part& it, const corpus_order& order);
  void leave(job_id job, part& it);
  void fail(part& it, const failure& why);
  corpus_report report_of(const corpus_order& order, const part& it) const;

  const group_worker self_;
  const corpus_member_options options_;
  std::map<job_id, part> parts_;
  status ready_ = ok;
  std::vector<corpus_member_effect> effects_;
};

} // namespace weft
