#pragma once

#include "runtime/jobs/effects.hpp"
#include "runtime/jobs/job_places.hpp"
#include "runtime/jobs/job_time.hpp"
#include "runtime/jobs/jobs_options.hpp"
#include "runtime/ports/cluster_view.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weft {

/// What a node counts of its jobs; counts since the start, the rest of now.
struct jobs_counters {
  std::array<uint64_t, 7> jobs{}; ///< by job_state
  uint64_t segments = 0;          ///< kept here
  uint64_t segments_finished = 0; ///< of these, with their results
  uint64_t segments_waiting = 0;  ///< that this node has to run
  uint64_t segments_running = 0;
  uint64_t items_acknowledged = 0; ///< through this node
  uint64_t items_done = 0;         ///< by this node
  uint64_t items_failed = 0;
  uint64_t takeovers = 0;    ///< segments begun here because nodes ranked before are gone
  uint64_t late_results = 0; ///< results that came after others were known
  uint64_t repaired = 0;     ///< segments given to or taken from other nodes by repair
  uint64_t repaired_bytes = 0;
  uint64_t replicated_bytes = 0; ///< given to other nodes when they were made
  uint64_t refused = 0;          ///< submissions
  uint64_t bytes_held = 0;       ///< texts and bodies on their way to a log or another node, one that waits twice twice
  uint64_t nodes_compared = 0;   ///< others with which all records were compared since the members last changed
  bool frozen = false;           ///< more than half of the members are missing: nothing is taken over
};

/// The jobs of one node: keeps and replicates records, acknowledges items, runs segments that it owns, takes over those
/// of nodes that are gone, repairs copies, tells clients. Pure: events in, effects out; one thread. Owned by
/// JOB_KEEPER, and by the simulator.
///
/// Placement: the owners of segment i of a job are the first `copies` of weighted rendezvous hashing over the live
/// members of the region by segment_key(); the first of them that is there runs it. Headers are on all nodes.
/// Records only grow better (supersedes(), merge()), so any exchange in any order ends in the same state.
class jobs_core {
public:
  jobs_core(node_id self, jobs_options options);
  ~jobs_core();
  jobs_core(const jobs_core&) = delete;
  jobs_core& operator=(const jobs_core&) = delete;

  /// What the log has; the first event. Before it everything waits or is refused with errc::unavailable.
  void loaded(job_log_contents contents, job_time now);
  void set_members(cluster_view_ptr view, job_time now);
  /// No new submissions (errc::draining); what is under way ends.
  void drain(job_time now);
  void tick(job_time now);
  /// When tick() has to be called next; empty: nothing waits for the time.
  std::optional<time_point> next_wake() const;

  // From this node's clients. The numbers are given by the caller and never used twice.
  void open(uint64_t submission, job_opening opening, job_time now);
  void append(uint64_t submission, std::vector<std::string> texts, job_time now);
  void complete(uint64_t submission, job_time now);
  void abandon(uint64_t submission, job_time now);
  /// As this node knows it. Whoever asks for one job by the functions below hears of it also where only other nodes
  /// know it yet.
  result<job_status> get(const job_question& question, job_time now) const;
  result<job_page> list(const job_filter& filter, job_time now) const;
  void look(uint64_t question, const job_question& which, job_time now);
  void cancel(uint64_t question, const job_question& which, job_time now);
  void watch(uint64_t watch, const job_question& which, std::chrono::milliseconds period, job_time now);
  void unwatch(uint64_t watch);
  void read(uint64_t reader, const job_question& which, uint64_t from, job_time now);
  void read_next(uint64_t reader, job_time now);
  void unread(uint64_t reader);
  /// The outcome of a corpus job that has ended, with texts → corpus_read. Errors: unknown_job, job_removed,
  /// invalid_argument (no corpus job, or not done), unavailable (nobody who is there has a part), call_too_large.
  void read_corpus(uint64_t question, const job_question& which, job_time now);
  /// The nearest items of the corpus of a job that is done → corpus_ranked: of the whole, or an error. Errors as of
  /// read_corpus(), and deadline_exceeded, overloaded, other_identity (the vectors are another model version's).
  void rank_corpus(uint64_t question, corpus_query query, job_time now);

  // What became of effects, and what other nodes ask.
  void log_written(uint64_t ticket, status outcome, job_time now);
  void log_read(uint64_t ticket, result<std::vector<std::optional<segment_record>>> outcome, job_time now);
  void answered(uint64_t ticket, result<job_answer> answer, job_time now);
  void asked(uint64_t exchange, job_request request, job_time now);
  void ran(uint64_t run, run_outcome outcome, job_time now);
  /// From whoever does what want_corpus says.
  void corpus(corpus_event event, job_time now);

  /// What is to be done since the last call, in order.
  std::vector<jobs_effect> take_effects();

  jobs_counters counters() const;
  /// For tests and the simulator: all headers by id, and the metas of all segments that are kept here.
  std::vector<job_header> headers() const;
  std::vector<segment_meta> segments() const;
  /// Likewise: corpora that this node leads, has promised to listen for, loads or is asked to keep something of.
  size_t corpora() const;

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace weft
