#pragma once

#include "runtime/corpus_job/corpus_job_core.hpp"
#include "runtime/corpus_job/corpus_member_core.hpp"
#include "runtime/jobs/corpus_effects.hpp"
#include "runtime/jobs/corpus_loader.hpp"
#include "runtime/jobs/jobs_state.hpp"
#include "runtime/jobs/record_keeper.hpp"
#include "runtime/jobs/replicator.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <tuple>

namespace weft {

/// The corpus jobs whose items are embedded: leads those whose header this node owns, takes part in those of others,
/// and gives both cores what they want. Part of jobs_core; not thread-safe.
class corpus_desk {
public:
  struct orders {
    std::function<void(job_id)> outcome_kept; ///< the job may end: to progress_counter
    std::function<void(segment_id)> damaged;
  };

  corpus_desk(jobs_state& state, record_keeper& keeper, replicator& copies, corpus_loader& loader, orders given)
      : state_(state), keeper_(keeper), copies_(copies), loader_(loader), orders_(std::move(given)) {}

  /// Every segment of a corpus job has results, safely, and there is no outcome. Again and again, until there is one.
  void embedded(job_id job);
  /// Of the region: who owns headers, who may be a rank, who this process is.
  void members_changed();
  void header_changed(const job_header& header);
  /// Leads nothing any more, and takes no part: another node goes on.
  void drain();
  /// From another node.
  void ordered(uint64_t exchange, const corpus_exchange& request);

  void on(corpus_events::stepped& event);
  void on(corpus_events::finished& event);
  void on(corpus_events::encoded& event);
  void on(corpus_events::readiness& event);

  void tick();
  std::optional<time_point> next_wake() const;
  /// Does what the cores want; true when that was something.
  bool pass_on();

  /// Corpora that it leads or has promised to listen for, and attachments that are being encoded.
  size_t under_way() const noexcept { return leaders_.size() + (member_ ? member_->corpora() : 0) + encoding_.size(); }

  /// Null: this node does not lead it now.
  const corpus_job_core* leading(job_id job) const;

private:
  struct leader {
    corpus_job_core core;
    std::optional<time_point> ended_at{};
  };
  std::optional<group_worker> self() const;
  corpus_job_core* find(job_id job);
  result<corpus_report> report_on(const corpus_order& order);
  void lead(const job_header& header);
  void sweep();

  void perform(job_id job, survey_corpus& wanted);
  void perform(job_id job, send_order& wanted);
  void perform(job_id job, keep_outcome& wanted);
  void perform(job_id job, corpus_over& wanted);
  void perform(load_corpus& wanted);
  void perform(start_corpus& wanted);
  void perform(stop_corpus& wanted);
  void perform(keep_corpus& wanted);
  void perform(forget_corpus& wanted);

  jobs_state& state_;
  record_keeper& keeper_;
  replicator& copies_;
  corpus_loader& loader_;
  orders orders_;
  bool is_draining_ = false;
  std::map<job_id, leader> leaders_;
  std::optional<corpus_member_core> member_; ///< since this process is known to be a member
  group_worker member_as_;
  status ready_ = ok;                                                        ///< as DEVICE_GROUP said last
  std::map<std::tuple<job_id, uint64_t, uint64_t>, attached_kind> encoding_; ///< by job, epoch, generation
};

} // namespace weft
