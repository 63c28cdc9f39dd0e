#pragma once

#include "actors/interfaces.hpp"
#include "actors/job_desk.hpp"
#include "actors/job_event.hpp"
#include "actors/job_options.hpp"
#include "actors/job_runs.hpp"
#include "actors/services.hpp"
#include "runtime/jobs/jobs_core.hpp"
#include "runtime/ports/node_view.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace weft {

struct job_keeper_setup {
  job_options options;
  std::shared_ptr<job_desk> desk;
  services_ptr services;
  std::shared_ptr<const node_view> node = nullptr; ///< tells the classes of models; null: none is known
};

/// Duty: keeps the node's jobs: gives the core its events and does what it wants. Owner: NODE_SUPERVISOR. Threads: its
/// turns are the scheduler's only; the log and other nodes answer by message. One that dies begins with what its log
/// has; clients' streams end with errc::unavailable and take the same job up again.
class job_keeper_state {
public:
  using self_pointer = job_keeper_actor::stateful_pointer<job_keeper_state>;
  static inline const char* name = "jobs";

  explicit job_keeper_state(self_pointer self) : self_(self) {}
  void start(const job_keeper_setup& setup);

  void hear(job_event& event);
  void hear(const cluster_view_ptr& cluster);
  void ran(uint64_t run, result<embed_result> outcome);
  void drain();
  void tick();
  void wire(const wiring_ptr& wiring);

private:
  job_time now() const;
  void pass(std::string_view place) const;

  void on(job_events::open& event);
  void on(job_events::append& event);
  void on(job_events::complete& event);
  void on(job_events::abandon& event);
  void on(job_events::get& event);
  void on(job_events::list& event);
  void on(job_events::cancel& event);
  void on(job_events::watch& event);
  void on(job_events::unwatch& event);
  void on(job_events::read& event);
  void on(job_events::read_next& event);
  void on(job_events::unread& event);
  void on(job_events::asked& event);
  void on(job_events::answered& event);
  void on(job_events::read_corpus& event);
  void on(job_events::rank_corpus& event);
  void on(job_events::corpus& event);
  void on(job_events::log_loaded& event);
  void on(job_events::log_written& event);
  void on(job_events::log_read& event);

  /// Does what the core wants, then plans the next tick.
  void act();
  void perform(write_log& effect);
  void perform(read_log& effect);
  void perform(ask_node& effect);
  void perform(answer_node& effect);
  void perform(run_texts& effect);
  void perform(cancel_run& effect);
  void perform(submission_opened& effect);
  void perform(submission_durable& effect);
  void perform(submission_ended& effect);
  void perform(cancel_answered& effect);
  void perform(reader_given& effect);
  void perform(reader_ended& effect);
  void perform(watch_told& effect);
  void perform(want_corpus& effect);
  void perform(corpus_read& effect);
  void perform(corpus_ranked& effect);

  std::optional<failure> refused_try(const job_spec& spec);
  void load();
  /// Of the model as it is open now; "": the default one. Nothing: it is not; a lazy one is opened then.
  std::optional<numeric_class> class_of_model(const std::string& model);
  void plan();
  void publish();
  call_ptr submit(uint64_t run, context with, embed_request request);

  self_pointer self_;
  job_keeper_setup setup_;
  wiring_ptr wiring_;
  cluster_view_ptr cluster_;
  std::optional<jobs_core> core_;
  std::optional<job_runs> runs_;
  bool loaded_ = false;
  std::optional<time_point> load_again_;
  std::string load_problem_;          ///< the last one that was logged
  std::optional<time_point> planned_; ///< the next tick
  std::optional<time_point> published_;
  std::optional<time_point> publish_again_; ///< something may have changed since
  uint64_t numbers_ = 0;                    ///< of exchanges and questions
  std::map<uint64_t, std::shared_ptr<submission_slip>> submissions_;
  std::map<uint64_t, std::shared_ptr<results_slip>> readers_;
  std::map<uint64_t, std::shared_ptr<watch_slip>> watches_;
  std::map<uint64_t, std::shared_ptr<job_slip>> questions_; ///< about one job, and cancellations
  std::map<uint64_t, std::shared_ptr<corpus_reading_slip>> corpus_readers_;
  std::map<uint64_t, std::shared_ptr<corpus_query_slip>> corpus_queries_;
  std::map<uint64_t, std::shared_ptr<job_request_slip>> exchanges_;
};

job_keeper_actor::behavior_type job_keeper(job_keeper_state::self_pointer self, const job_keeper_setup& setup);

} // namespace weft
