#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/job_header.hpp"
#include "runtime/job/job_segment.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// How a client opens a job.
struct job_opening {
  std::string tenant;
  std::string request_id; ///< 1 to 128 bytes
  std::string model;      ///< "": the node's default
  embed_options options;
  std::string corpus; ///< of a corpus job, whose items `options` embed: what is asked of it, encoded; "": none
  /// Of a corpus job, the class of all its vectors: filled in on the way, that of this node. Nothing: not known yet.
  std::optional<numeric_class> precision = std::nullopt;
  weft::priority priority = weft::priority::normal;
  std::optional<uint32_t> synced;                      ///< copies before an acknowledgement, 1 to 3
  std::optional<std::chrono::milliseconds> expires_in; ///< else the node's default
  std::optional<std::chrono::milliseconds> retention;  ///< else the node's default
};

/// How far the corpus of a job is whose items are embedded, in words for people.
struct corpus_standing {
  std::string phase;        ///< to_string(corpus_phase)
  uint64_t epoch = 0;       ///< one try; 0: none yet
  uint32_t ranks = 0;       ///< of the epoch
  std::string step{};       ///< to_string(corpus_step), the furthest that any rank came; "": not begun
  uint32_t iteration = 0;   ///< of k-means, so far
  std::string last_break{}; ///< why the last epoch ended, or what is waited for; "": nothing has gone wrong

  bool operator==(const corpus_standing&) const = default;
};

/// A job as clients see it.
struct job_status {
  job_header header;
  double items_per_second = 0;                        ///< lately; 0: not known
  std::optional<std::chrono::milliseconds> time_left; ///< empty: not known
  std::optional<corpus_standing> corpus{};            ///< of who leads the corpus job; to get() each node tells it
};

/// What a submission hears. Called one after the other, on any thread; must only send a message or post to a queue.
class submission_listener {
public:
  virtual ~submission_listener() = default;
  /// The job is there, durably; the client goes on with item `items_durable`, which is 0 for a new one.
  virtual void on_open(const job_status& job) = 0;
  /// So many items from the first on are durable. `append` more.
  virtual void on_durable(uint64_t items) = 0;
  /// The last call. A status: all items are there. Errors: invalid_argument (limits, durability, another spec under
  /// this request id), unknown_model, model_loading (a corpus, whose class is not known yet), unavailable (no quorum of
  /// replicas, jobs are off), overloaded, storage_full, storage_failed, draining. What was durable stays.
  virtual void on_end(result<job_status> outcome) = 0;
};

/// A submission under way. Its functions are thread-safe and never block; after on_end they do nothing. Letting go of
/// it without complete() abandons it: what is durable stays, and the same request id takes it up again.
class submission {
public:
  virtual ~submission() = default;
  /// The next items. REQUIRES: at most `submission_window` bytes wait to become durable (one append may pass it).
  virtual void append(std::vector<std::string> texts) = 0;
  /// There are no more.
  virtual void complete() = 0;
};
inline constexpr uint64_t submission_window = 8 << 20; ///< bytes of texts that one submission may have under way

struct job_filter {
  std::string tenant;            ///< its jobs only
  bool all_tenants = false;      ///< operators
  std::vector<job_state> states; ///< empty: all but removed
  uint32_t jobs_max = 100;       ///< of a page
  std::string after;             ///< page token: as job_page::next
};
struct job_page {
  std::vector<job_status> jobs; ///< the latest first
  std::string next;             ///< "": that was all
};

/// Which job, and who asks: a tenant sees its own only (others are unknown_job).
struct job_question {
  job_id id;
  std::string tenant;
  bool all_tenants = false; ///< operators
};

/// One segment's results, in the order of the items.
struct results_page {
  uint64_t first_item = 0;
  std::shared_ptr<const segment_results> results; ///< not null
  bool whole = true; ///< false: the segment's items before `first_item` were not asked for; the usage is that of all
};

/// What a reader of results hears; as submission_listener.
class results_listener {
public:
  virtual ~results_listener() = default;
  virtual void on_page(results_page page) = 0;
  /// The last call. ok: the job has ended and everything was given. Errors: unknown_job, job_removed, unavailable (no
  /// node that has the segment answers), draining.
  virtual void on_end(status outcome) = 0;
};

/// A reader under way; letting go of it ends it. One page comes for each next().
class results_reader {
public:
  virtual ~results_reader() = default;
  virtual void next() = 0;
};

/// A watch under way; letting go of it ends it.
class job_watch {
public:
  virtual ~job_watch() = default;
};

/// What a client asks of the corpus of a job that is done.
struct corpus_query {
  job_question job;
  std::vector<float> vectors; ///< [queries, dimensions], by the job's model version
  std::string model_version;  ///< that made the vectors; "": not checked
  /// In which they were made; nothing: not checked.
  std::optional<numeric_class> precision = std::nullopt;
  uint32_t count = 10; ///< hits of each
  bool with_texts = true;
};
struct corpus_hit {
  uint64_t item = 0; ///< its place in the job
  double score = 0;  ///< cosine
  /// Where texts were asked for; else null. Hits of several queries share it.
  std::shared_ptr<const std::string> text = nullptr;
};
using corpus_hits = std::vector<std::vector<corpus_hit>>; ///< [queries]

/// The outcome of a corpus job, with texts of the items that people read: representatives and the extract. Texts that
/// were cut end with cut_mark (runtime/base/shorten.hpp): of more than 64 MiB all together the longest.
struct corpus_reading {
  job_status job;
  std::string outcome;                      ///< encoded: runtime/corpus_job/corpus_outcome.hpp
  std::vector<std::string> representatives; ///< [clusters], the first 4 KiB of each; of an empty one ""
  std::vector<std::string> extract;         ///< [picks]
};

/// The way of clients to the jobs of the cluster: any node serves any job. Thread-safe, never blocks.
class job_door {
public:
  virtual ~job_door() = default;
  virtual std::shared_ptr<submission> open(job_opening opening, std::shared_ptr<submission_listener> listener) = 0;
  virtual void get(job_question question, std::function<void(result<job_status>)> done) = 0;
  virtual void list(job_filter filter, std::function<void(result<job_page>)> done) = 0;
  /// Answers with the job as it is then; a job that has ended stays as it is.
  virtual void cancel(job_question question, std::function<void(result<job_status>)> done) = 0;
  /// `news` at once, then when something changes, at most so often; the last one has an end or is an error.
  virtual std::shared_ptr<job_watch> watch(job_question question, std::chrono::milliseconds period,
                                           std::function<void(result<job_status>)> news) = 0;
  /// Results from item `from` on, as they become done, until the job ends.
  virtual std::shared_ptr<results_reader> read(job_question question, uint64_t from,
                                               std::shared_ptr<results_listener> listener) = 0;
  /// What came of a corpus job. Errors: unknown_job, job_removed, invalid_argument (no corpus job, or it has not
  /// ended), unavailable (no node that has the outcome answers).
  virtual void read_corpus(job_question question, std::function<void(result<corpus_reading>)> done) = 0;
  /// The exact nearest items of the whole corpus. Errors: as read_corpus; invalid_argument (dimensions, no
  /// queries or too many), other_identity (another model version or numeric class), call_too_large (too many hits, or
  /// too long texts of them), overloaded (no memory for the vectors). Never a partial answer.
  virtual void rank_corpus(corpus_query query, std::function<void(result<corpus_hits>)> done) = 0;
};

} // namespace weft
