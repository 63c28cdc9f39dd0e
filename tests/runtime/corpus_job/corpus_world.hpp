#pragma once

#include "runtime/base/random_source.hpp"
#include "runtime/corpus/corpus_run.hpp"
#include "runtime/corpus_job/corpus_job_core.hpp"
#include "runtime/corpus_job/corpus_member_core.hpp"
#include "tests/runtime/corpus_job/fake_rank_groups.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace weft::test {

/// Small rounds, so that there are several.
corpus_run_setup sim_run_setup(corpus_rows rows, const corpus_options& options);

/// The job that the world works on.
inline constexpr job_id sim_job{5, 6};

struct corpus_world_options {
  uint64_t seed = 1;
  uint32_t nodes = 3;
  uint32_t items = 90; ///< that have a vector
  uint32_t segments = 9;
  uint32_t copies = 3; ///< of each segment and each attachment
  double loss = 0.02;  ///< of a message; as many come twice
  corpus_job_options leading{};
};

/// Nodes, their disks, the ways between them and one corpus job, in virtual time and from a seed. What is real: both
/// cores, the bytes of their messages, attachments, and corpus_run over fake_rank_groups; a step of all ranks is one
/// event. What is not: the jobs core (a header's owner is the lowest node that one sees; a survey asks whom it
/// reaches), the failure detector (it knows after a while), the collective between nodes (a rank that is gone or out of
/// reach fails the step of all).
class corpus_world : private rank_world {
public:
  explicit corpus_world(corpus_world_options options);
  ~corpus_world() override;

  void run_for(std::chrono::milliseconds span);
  /// Runs until the job has ended everywhere, or the time is over; whether it has.
  bool run_to_end(std::chrono::milliseconds at_most);

  void kill(uint32_t node);
  void restart(uint32_t node);
  /// Nodes of this side reach each other only, the others among themselves.
  void cut(std::set<uint32_t> side);
  void heal();
  void cancel();
  void hurt_checkpoints();                 ///< on all disks
  void break_engine(corpus_progress from); ///< every run that has come so far fails with engine_failed
  random_source& draw() { return draw_; }

  bool is_alive(uint32_t node) const { return nodes_[node].is_alive; }
  time_point now() const { return now_; }
  uint64_t epoch() const { return epoch_seen_; }
  uint32_t steps() const { return groups_.steps(); } ///< of all epochs
  /// How often a coordinator said that it is over, each with the reason.
  const std::vector<std::optional<corpus_break>>& ends() const { return ends_; }
  bool is_cancelled() const { return is_cancelled_; }
  /// Corpora that members have in mind.
  size_t remembered() const;
  bool has_kept_checkpoint() const;
  /// Each whole outcome on any disk; equal ones once.
  std::vector<corpus_outcome> outcomes() const;
  /// The same corpus, on one rank, without faults.
  const corpus_result& clean_result() const { return clean_; }
  const item_gaps& gaps() const { return gaps_; }

private:
  struct memory { ///< of a process
    uint64_t roster = 0;
    std::optional<corpus_checkpoint> checkpoint;
    corpus_load load;
    std::optional<corpus_result> result;
  };
  struct sim_node {
    bool is_alive = true;
    uint64_t boot = 1;
    std::set<uint32_t> disk;                                       ///< segments
    std::map<uint32_t, std::pair<uint64_t, std::string>> attached; ///< by index: generation and body
    std::unique_ptr<corpus_member_core> member;
    std::unique_ptr<corpus_job_core> leader;
    std::optional<memory> corpus;
    bool knows_end = false;
  };
  using event = std::function<void()>;

  group_worker worker(uint32_t node) const;
  bool reaches(uint32_t from, uint32_t to) const;
  bool is_same(uint32_t node, uint64_t boot) const { return nodes_[node].is_alive && nodes_[node].boot == boot; }
  void at(std::chrono::milliseconds after, event what);
  void on_node(uint32_t node, std::chrono::milliseconds after, event what); ///< unless its process has gone until then
  std::chrono::milliseconds between(int from, int to);

  void faults_changed();
  void look_around(uint32_t node);
  void tick(uint32_t node);
  void act(uint32_t node);
  void carry(uint32_t from, const send_order& what);
  void receive(uint32_t node, uint32_t from, const std::string& bytes);
  corpus_survey survey_from(uint32_t node) const;
  void end_job(uint32_t node);

  void perform(uint32_t node, load_corpus& what);
  void perform(uint32_t node, start_corpus& what) { groups_.start(worker(node), what); }
  void perform(uint32_t node, stop_corpus& what) { groups_.stop(worker(node), what.job, what.epoch); }
  void perform(uint32_t node, keep_corpus& what);
  void perform(uint32_t node, forget_corpus& what);
  void keep(uint32_t node, attached_kind kind, uint64_t generation, std::string bytes,
            std::function<void(status)> done);
  std::optional<std::string> find_attached(const std::vector<const sim_node*>& among, attached_kind kind,
                                           uint64_t* generation = nullptr, size_t* holders = nullptr) const;
  corpus_rows rows_of(const std::vector<planned_segment>& share) const;

  static uint32_t node_of(const group_worker& rank) { return static_cast<uint32_t>(rank.node) - 1; }
  bool is_there(const group_worker& rank) const override {
    return is_same(node_of(rank), static_cast<uint64_t>(rank.boot));
  }
  bool reaches(const group_worker& from, const group_worker& to) const override {
    return reaches(node_of(from), node_of(to));
  }
  void later(std::chrono::milliseconds after, std::function<void()> what) override { at(after, std::move(what)); }
  std::chrono::milliseconds step_takes() override { return between(20, 400); }
  std::optional<corpus_run_setup> begin(const group_worker& rank, job_id job, uint64_t epoch) override;
  std::optional<failure> fault(job_id job, const corpus_run& run) override;
  void stepped(const group_worker& rank, job_id job, uint64_t epoch, const corpus_run& run) override;
  void failed(const group_worker& rank, job_id job, uint64_t epoch, const failure& why) override;

  corpus_world_options options_;
  random_source draw_;
  time_point now_{std::chrono::hours{1}};
  uint64_t last_event_ = 0;
  std::multimap<std::pair<time_point, uint64_t>, event> events_;
  std::vector<sim_node> nodes_;
  std::set<uint32_t> side_;
  fake_rank_groups groups_{*this};
  const time_point begin_ = now_;
  corpus_options asked_;
  corpus_rows all_;
  std::vector<segment_holding> segments_;     ///< without holders
  std::vector<std::vector<item_run>> failed_; ///< [segments]
  item_gaps gaps_;
  corpus_result clean_;
  std::vector<std::optional<corpus_break>> ends_;
  bool is_cancelled_ = false, has_ended_ = false;
  uint64_t epoch_seen_ = 0;
  std::optional<corpus_progress> engine_fails_at_;
};

} // namespace weft::test
