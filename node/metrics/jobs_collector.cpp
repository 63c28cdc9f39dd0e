#include "node/metrics/jobs_collector.hpp"

#include "node/metrics/families.hpp"

namespace weft {
namespace {

using family = prometheus::MetricFamily;

void add(family&& made, double value, std::vector<family>& out) {
  add_series(made, value);
  out.push_back(std::move(made));
}

void add_jobs(const jobs_counters& now, std::vector<family>& out) {
  auto jobs = gauge_family("weft_jobs", "Jobs of the cluster in each state, as this node knows them.");
  for (size_t i = 0; i < now.jobs.size(); ++i)
    add_series(jobs, static_cast<double>(now.jobs[i]), {{"state", std::string{to_string(job_state(i))}}});
  out.push_back(std::move(jobs));
  auto segments =
      gauge_family("weft_job_segments",
                   "Segments of jobs on this node: kept, of these with results, to be run here, runs under way.");
  add_series(segments, static_cast<double>(now.segments), {{"state", "kept"}});
  add_series(segments, static_cast<double>(now.segments_finished), {{"state", "finished"}});
  add_series(segments, static_cast<double>(now.segments_waiting), {{"state", "waiting"}});
  add_series(segments, static_cast<double>(now.segments_running), {{"state", "running"}});
  out.push_back(std::move(segments));
  add(gauge_family("weft_job_nodes_compared",
                   "Other nodes with which all records were compared since the members last changed."),
      static_cast<double>(now.nodes_compared), out);
  add(gauge_family("weft_jobs_frozen", "1 while so many members are missing that no segment is taken over."),
      now.frozen ? 1 : 0, out);
}

void add_counts(const jobs_counters& now, std::vector<family>& out) {
  auto items =
      counter_family("weft_job_items_total", "Items of jobs: acknowledged through this node, done and failed here.");
  add_series(items, static_cast<double>(now.items_acknowledged), {{"event", "acknowledged"}});
  add_series(items, static_cast<double>(now.items_done), {{"event", "done"}});
  add_series(items, static_cast<double>(now.items_failed), {{"event", "failed"}});
  out.push_back(std::move(items));
  add(counter_family("weft_job_takeovers_total", "Segments begun here because their owners are gone."),
      static_cast<double>(now.takeovers), out);
  add(counter_family("weft_job_late_results_total", "Results that came when others were known already."),
      static_cast<double>(now.late_results), out);
  add(counter_family("weft_job_submissions_refused_total", "Submissions that were refused."),
      static_cast<double>(now.refused), out);
  auto bytes = counter_family("weft_job_sent_bytes_total", "Records given to other nodes: when made, and by repair.");
  add_series(bytes, static_cast<double>(now.replicated_bytes), {{"reason", "replication"}});
  add_series(bytes, static_cast<double>(now.repaired_bytes), {{"reason", "repair"}});
  out.push_back(std::move(bytes));
  add(counter_family("weft_job_repaired_segments_total", "Segments given to or taken from other nodes by repair."),
      static_cast<double>(now.repaired), out);
}

void add_log(const job_log_counters& now, std::vector<family>& out) {
  add(counter_family("weft_job_log_writes_total", "Batches of records written."), static_cast<double>(now.writes), out);
  add(counter_family("weft_job_log_syncs_total", "Syncs of the disk; several batches share one."),
      static_cast<double>(now.syncs), out);
  add(counter_family("weft_job_log_written_bytes_total", "Bytes of these records."),
      static_cast<double>(now.bytes_written), out);
  add(counter_family("weft_job_log_failures_total", "Batches that could not be written."),
      static_cast<double>(now.write_failures), out);
  add(counter_family("weft_job_log_damaged_total",
                     "Records that failed a checksum, and times that all were moved aside."),
      static_cast<double>(now.damaged), out);
  add(gauge_family("weft_job_log_bytes", "Records of jobs on this node's disk."), static_cast<double>(now.bytes), out);
  add(gauge_family("weft_job_log_accepts_writes", "0 while the disk is full or broken."), now.accepts_writes ? 1 : 0,
      out);
}

} // namespace

std::vector<prometheus::MetricFamily> jobs_collector::Collect() const {
  std::vector<family> out;
  if (const auto seen = look_()) {
    add_jobs(seen->first, out);
    add_counts(seen->first, out);
    add_log(seen->second, out);
  }
  return out;
}

} // namespace weft
