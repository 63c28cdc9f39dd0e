#pragma once

#include "runtime/jobs/corpus_parts.hpp"
#include "runtime/jobs/execution_core.hpp"
#include "runtime/jobs/job_finder.hpp"
#include "runtime/jobs/job_retirement.hpp"
#include "runtime/jobs/jobs_core.hpp"
#include "runtime/jobs/jobs_state.hpp"
#include "runtime/jobs/node_lanes.hpp"
#include "runtime/jobs/progress_counter.hpp"
#include "runtime/jobs/reader_core.hpp"
#include "runtime/jobs/record_keeper.hpp"
#include "runtime/jobs/repair_core.hpp"
#include "runtime/jobs/replicator.hpp"
#include "runtime/jobs/request_desk.hpp"
#include "runtime/jobs/run_duty.hpp"
#include "runtime/jobs/submission_core.hpp"
#include "runtime/jobs/watch_list.hpp"

#include <cstdint>
#include <map>
#include <set>

namespace weft {

/// The parts of a jobs core and what passes between them.
struct jobs_core::parts {
  parts(node_id self, jobs_options options);

  jobs_state state;
  bool is_loaded = false;
  std::map<node_id, boot_epoch> epochs; ///< of the live members
  jobs_counters counted;                ///< what no part counts

  record_keeper keeper;
  node_lanes lanes;
  replicator copies;
  submission_core submissions;
  progress_counter progress;
  job_retirement retirement;
  job_finder reader_finder, watch_finder; ///< readers and watches have numbers of their own
  std::set<uint64_t> wanted_early;        ///< readers that were asked for a page before their job was found
  watch_list watches;
  reader_core readers;
  request_desk requests;
  execution_core execution;
  run_duty duty;
  repair_core repair;
  corpus_parts corpora;

  /// Before each event; a clock that goes back stands still instead.
  void begin(job_time now);
  /// After it: passes on what the parts want until they want nothing more.
  void finish();
  void tick();
  std::optional<time_point> next_wake() const;

  /// The processes that may be ranks.
  std::vector<group_worker> workers_in(const cluster_view& view) const;

  // What has become known.
  void segment_kept(const segment_meta& meta);
  void header_changed(const job_header& header);
  void damaged(segment_id id);

  /// Of a client, about a job that is known, or of which everybody was asked.
  void cancel(uint64_t question, const job_question& which);
  void look(uint64_t question, const job_question& which, const status& asked);

private:
  repair_source source();
  bool pass_on_execution();
  bool pass_on_repair();
  void pass_on(want_texts& wanted);
  void pass_on(start_run& wanted);
  void pass_on(stop_run& wanted);
  void pass_on(try_elsewhere& wanted);
  void pass_on(weft::segment_finished& wanted);
  void pass_on(answer_try& wanted);
  void pass_on(repair_ask& wanted);
  void pass_on(repair_read& wanted);
  void pass_on(repair_take& wanted);
  void pass_on(repair_drop& wanted);
};

} // namespace weft
