#pragma once

#include "runtime/corpus/corpus_result.hpp"
#include "tests/sim/jobs_cluster.hpp"
#include "tests/sim/sim_device_groups.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft::sim {

/// What a client wants done.
struct job_plan {
  std::string request_id;
  std::vector<std::string> texts;
  weft::priority priority = weft::priority::normal;
  std::optional<uint32_t> synced;
  std::optional<uint64_t> leaves_at;                  ///< goes for ever once so many items are acknowledged
  bool cancels = false;                               ///< once all is submitted
  bool reads_early = false;                           ///< results as they become done, not only at the end
  std::optional<std::chrono::milliseconds> retention; ///< short: nobody reads it
  std::optional<corpus_options> corpus;               ///< the texts are to be a corpus
  std::optional<corpus_step> breaks_at;               ///< at which engines fail it each time
};

/// Clients of a jobs_cluster: each submits one job, again at another node whenever it hears an error or nothing, goes
/// on where it is told, and keeps what it was told against the nodes. Results are read at the end.
class jobs_clients {
public:
  jobs_clients(jobs_cluster& cluster, sim_device_groups& devices);
  jobs_clients(const jobs_clients&) = delete;

  void submit(job_plan plan);
  /// Connections to that node break.
  void node_gone(uint32_t node);
  /// Some client's connection breaks.
  void cut_one();
  void read_all();

  /// The first promise that a node broke; empty: none.
  const std::string& problem() const noexcept { return problem_; }
  size_t jobs() const noexcept { return clients_.size(); }
  size_t corpora() const;      ///< of these
  size_t corpora_made() const; ///< of these: with a result, read twice
  uint64_t items_acknowledged() const;
  /// Every client that did not leave has heard that all its items are safe.
  bool all_submitted() const;
  /// Every such job has ended on every node.
  bool all_ended() { return have_ended(true) && have_ended(false); }
  /// Those that are corpora, or the others.
  bool have_ended(bool corpora);
  bool all_read() const;

  // What is wrong when all have ended; empty: nothing.
  /// Something acknowledged, of who left as well, is not on two disks.
  std::string lost();
  /// Some node knows a job that nobody submitted, or counts other items than there are.
  std::string miscounted();
  /// A segment is not where it belongs, there only, and in one form. REQUIRES: repair had the time.
  std::string misplaced();
  /// A node holds memory or runs something still.
  std::string unsettled();
  /// A node leads or listens for a corpus still, or has vectors.
  std::string unsettled_corpora();
  std::string unfinished() const;

private:
  enum class stage : uint8_t { idle, opening, sending, submitted, left };
  struct client {
    job_plan plan;
    job_id id;
    stage at = stage::idle;
    uint32_t node = 0;
    uint64_t submission = 0; ///< 0: none
    uint32_t attempts = 0;
    uint64_t next = 0;    ///< item to append
    uint64_t durable = 0; ///< told in this submission
    uint64_t acknowledged = 0;
    bool has_completed = false;
    bool waits = false; ///< before it appends more
    time_point opened_at{};
    time_point completed_at{};
    time_point heard_at{};
    std::vector<std::pair<uint64_t, uint64_t>> segments; ///< first item and the one behind, of each
    std::vector<time_point> appended_at;                 ///< by item, in this submission
    uint64_t reader = 0;
    uint64_t read = 0;
    uint32_t times_read = 0;
    uint64_t corpus_question = 0;
    uint32_t corpora_read = 0;
    std::string outcome;             ///< of its corpus, encoded, as it was read last
    std::vector<std::string> picked; ///< texts that belong to it
    bool has_no_result = false;      ///< of its corpus, but a reason

    bool has_read() const noexcept { return times_read == 2; }
    bool has_read_corpus() const noexcept { return !plan.corpus || corpora_read == 2; }
    bool is_to_read() const noexcept { return at == stage::submitted && !plan.cancels && !plan.retention; }
    bool has_heavy() const;
  };

  void open(size_t index);
  void push(size_t index);
  void break_off(size_t index, duration wait);
  void watch_over(size_t index);
  void on_effect(uint32_t node, jobs_effect& effect);
  void opened(size_t index, const job_status& job);
  void durable(size_t index, uint64_t items);
  void ended(size_t index, const result<job_status>& outcome);
  void cancel(size_t index);
  void read(size_t index);
  void given(size_t index, const results_page& page);
  void read_ended(size_t index, const status& outcome);
  void watch_over_reader(size_t index);
  void read_corpus(size_t index);
  void corpus_given(uint64_t question, const result<corpus_reading>& outcome);
  void check_corpus(client& who, const corpus_reading& reading);
  void check_corpus_texts(const client& who, const corpus_reading& reading);
  void check_corpus_failure(const client& who, errc why, const std::string& message);
  void check_copies(const client& who, uint64_t from, uint64_t to);
  void check_headers(const client& who, const std::function<bool(const job_header&)>& says_so, const char* what);
  void check_end(const job_header& header);
  void check_isolation(const client& who, time_point asked, const char* what);
  void complain(const client& who, const std::string& what);
  std::string where(job_id id) const;
  std::string standing(job_id id) const;
  std::optional<uint32_t> any_node();

  jobs_cluster& cluster_;
  sim_device_groups& devices_;
  std::vector<std::unique_ptr<client>> clients_;
  std::map<uint64_t, size_t> by_number_; ///< submissions, readers and questions
  std::map<uint64_t, size_t> corpus_questions_;
  std::string problem_;
};

} // namespace weft::sim
