#pragma once

#include "runtime/job/record_codec.hpp"
#include "runtime/jobs/jobs_core.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {

using namespace std::chrono_literals;

/// What a client of a node has heard.
struct heard_submission {
  std::optional<job_status> opened;
  uint64_t durable = 0;
  std::optional<result<job_status>> ended;
};
struct heard_reader {
  std::vector<results_page> pages;
  std::optional<status> ended;
};

/// A few nodes' jobs cores in one thread and in virtual time: their logs keep what was synced when a node is killed,
/// messages take 1 ms, engines a time of their own. Whatever happens is told by the test. Not a simulator: nothing is
/// lost, doubled or reordered unless the test says so.
class jobs_world {
public:
  enum class disk_reads : uint8_t { work, fail, hang };
  struct host {
    node_id id{};
    uint64_t epoch = 1;
    bool up = true;
    std::unique_ptr<jobs_core> core;
    std::map<job_id, job_header> headers; ///< of the log
    std::map<segment_id, segment_record> segments;
    uint64_t next_sequence = 1;
    errc disk = errc::none; ///< what writes answer with
    disk_reads reads = disk_reads::work;
    std::set<size_t> cut_from;
    uint64_t items_run = 0;
    std::map<uint64_t, heard_submission> submissions;
    std::map<uint64_t, heard_reader> readers;
    std::map<uint64_t, result<job_status>> cancels;
    std::map<uint64_t, std::vector<result<job_status>>> news;
    std::map<uint64_t, result<corpus_reading>> corpora;
    std::map<uint64_t, result<corpus_hits>> hits;
  };

  explicit jobs_world(size_t count, jobs_options options = default_options());

  static jobs_options default_options();

  host& at(size_t i) { return hosts_.at(i); }
  jobs_core& core(size_t i) { return *hosts_.at(i).core; }
  size_t size() const { return hosts_.size(); }
  job_time now() const { return {start_ + since_, wall_time{1'700'000'000'000ms} + since_}; }

  // What the test may do to nodes.
  void kill(size_t i);
  void start(size_t i);
  /// Nodes learn who is up, and whom they can reach.
  void tell_members();
  void cut(size_t a, size_t b);
  void heal();
  bool reaches(size_t a, size_t b) const { return hosts_[b].up && !hosts_[a].cut_from.contains(b); }

  // Time.
  void advance(std::chrono::milliseconds span);
  bool run_until(const std::function<bool()>& holds, std::chrono::milliseconds limit = 60s);

  // Clients. `i` is the node that they speak to.
  uint64_t open(size_t i, std::string request_id, std::function<void(job_opening&)> change = {});
  void append(size_t i, uint64_t submission, std::vector<std::string> texts);
  void complete(size_t i, uint64_t submission);
  void abandon(size_t i, uint64_t submission);
  uint64_t cancel(size_t i, job_id id);
  /// Answered as cancel() is.
  uint64_t look(size_t i, job_id id);
  uint64_t watch(size_t i, job_id id, std::chrono::milliseconds period);
  uint64_t read(size_t i, job_id id, uint64_t from = 0);
  void read_next(size_t i, uint64_t reader);
  /// Asks for page after page until the reader ends.
  std::vector<results_page> read_all(size_t i, job_id id, uint64_t from = 0);
  /// Opens, gives all items and completes; true when it is accepted.
  bool submit(size_t i, const std::string& request_id, const std::vector<std::string>& texts,
              std::function<void(job_opening&)> change = {});
  std::optional<job_header> header(size_t i, job_id id);
  static job_question question(job_id id) { return {.id = id, .tenant = "t"}; }
  static job_id id_of(const std::string& request_id) { return job_id_of("t", request_id); }

  /// How many nodes have it on their disks, the dead ones too.
  size_t copies(segment_id id) const;

  std::chrono::milliseconds run_time{20}; ///< of a run
  /// What a run gives; empty: the length of each text, as the first number of its vector.
  std::function<run_outcome(size_t node, const segment_texts& work, const std::vector<uint32_t>& items)> engine;
  /// Does what a node wants of corpora; empty: nobody does.
  std::function<void(size_t node, corpus_effect&)> corpora;
  /// To the process that is there after a time, unless another one is.
  void tell_corpus(size_t i, std::chrono::milliseconds after, corpus_event event);
  /// Whatever is up then.
  void later(std::chrono::milliseconds after, std::function<void()> what);
  uint64_t read_corpus(size_t i, job_id id);
  uint64_t rank_corpus(size_t i, corpus_query query);
  uint64_t largest_body = 0; ///< of a request between nodes: all bodies together

private:
  static std::chrono::milliseconds ceil(duration d) { return std::chrono::ceil<std::chrono::milliseconds>(d); }

  cluster_view_ptr view(size_t me) const;

  /// To the process that asked, not to a later one.
  void later_at(size_t i, std::chrono::milliseconds after, std::function<void(jobs_core&)> what);

  void step();

  void carry(size_t i);
  void carry_out(size_t i, write_log& wanted);
  static void write(host& node, const job_log_batch& batch);
  void carry_out(size_t i, read_log& wanted);
  void carry_out(size_t i, ask_node& wanted);
  void carry_out(size_t i, answer_node& wanted);
  void answer(uint64_t exchange, const result<job_answer>& what);
  void carry_out(size_t i, run_texts& wanted);
  static run_outcome lengths(const segment_texts& work, const std::vector<uint32_t>& items);
  void carry_out(size_t, cancel_run&) {}
  void carry_out(size_t i, submission_opened& news) { hosts_[i].submissions[news.submission].opened = news.job; }
  void carry_out(size_t i, submission_durable& news) { hosts_[i].submissions[news.submission].durable = news.items; }
  void carry_out(size_t i, submission_ended& news);
  void carry_out(size_t i, cancel_answered& news) { hosts_[i].cancels.emplace(news.question, std::move(news.outcome)); }
  void carry_out(size_t i, reader_given& news) { hosts_[i].readers[news.reader].pages.push_back(std::move(news.page)); }
  void carry_out(size_t i, reader_ended& news) { hosts_[i].readers[news.reader].ended.emplace(news.outcome); }
  void carry_out(size_t i, watch_told& news) { hosts_[i].news[news.watch].push_back(std::move(news.news)); }

  void carry_out(size_t i, want_corpus& wanted) {
    if (corpora)
      corpora(i, wanted.effect);
  }
  void carry_out(size_t i, corpus_read& news) { hosts_[i].corpora.emplace(news.question, std::move(news.outcome)); }
  void carry_out(size_t i, corpus_ranked& news) { hosts_[i].hits.emplace(news.question, std::move(news.outcome)); }

  struct open_ask {
    size_t from = 0;
    uint64_t epoch = 0;
    size_t to = 0;
    uint64_t ticket = 0;
  };
  const time_point start_{std::chrono::hours{1}};
  std::chrono::milliseconds since_{0};
  jobs_options options_;
  std::vector<host> hosts_;
  std::multimap<std::chrono::milliseconds, std::function<void()>> events_;
  std::map<uint64_t, open_ask> asks_;
  uint64_t last_number_ = 0;
};

/// Texts whose lengths tell them apart a little: item i has 1 + i % 7 letters.
std::vector<std::string> some_texts(size_t count, size_t from = 0);

/// Whether the pages have exactly one result for each item from `from` on, the right one.
bool are_results_of(const std::vector<results_page>& pages, const std::vector<std::string>& texts, size_t from = 0);

} // namespace weft::test
