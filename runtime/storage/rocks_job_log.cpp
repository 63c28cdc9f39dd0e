#include "runtime/storage/rocks_job_log.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/storage/request_thread.hpp"
#include "runtime/storage/resilient_job_table.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <utility>

namespace weft {
namespace {

uint64_t system_milliseconds() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

uint64_t bytes_of(const job_log_batch& batch) {
  uint64_t bytes = 0;
  for (const auto& segment : batch.segments)
    bytes += segment.body->size();
  return bytes;
}

rocks_job_log_options completed(rocks_job_log_options options) {
  WEFT_ASSERT(!options.path.empty());
  WEFT_ASSERT(options.bytes_max > 0);
  if (!options.wall_clock)
    options.wall_clock = system_milliseconds;
  return options;
}

} // namespace

/// Everything behind the port: the table, what waits to be written, and the threads that work.
class rocks_job_log::state {
public:
  explicit state(rocks_job_log_options given)
      : options(completed(std::move(given))), table(options),
        writer(options.writes_max, options.retry_after, [this] { table.try_again(); }), reader(options.reads_max),
        backups(1) {}
  ~state() { table.stop_backups(); }

  void write(job_log_batch batch, write_done done);

  /// Does `work` on a thread and gives its result to `done`; refuses when too much waits there.
  template <class Done, class Work> static void post(request_thread& thread, Done done, Work work) {
    // Shared: a refused task gives nothing back, and somebody has to answer.
    auto shared = std::make_shared<Done>(std::move(done));
    if (!thread.post([shared, job = std::move(work)]() mutable { (*shared)(job()); }))
      (*shared)(too_much());
  }
  static failure too_much() { return {errc::overloaded, "too much waits for the node's job log"}; }

  const rocks_job_log_options options;
  resilient_job_table table;
  std::atomic<bool> backing_up{false};

private:
  struct request {
    job_log_batch batch;
    write_done done;
    uint64_t bytes = 0;
  };

  void write_waiting();
  std::deque<request> take_group();

  std::mutex mutex;
  std::deque<request> waiting; ///< in order; the first of them has a task on the writer's queue
  uint64_t bytes_waiting = 0;  ///< also of the group that is being written

public:
  request_thread writer, reader, backups; ///< last: they use all of the above, and are joined first
};

void rocks_job_log::state::write(job_log_batch batch, write_done done) {
  const uint64_t bytes = bytes_of(batch);
  bool taken = false;
  {
    const std::lock_guard lock{mutex};
    taken = waiting.size() < options.writes_max && bytes <= options.write_bytes_max - bytes_waiting;
    // Posted under the lock: a load() posted by the same caller afterwards comes after this write.
    if (taken && waiting.empty())
      taken = writer.post([this] { write_waiting(); });
    if (taken) {
      waiting.push_back({std::move(batch), std::move(done), bytes});
      bytes_waiting += bytes;
    }
  }
  if (!taken)
    done(too_much());
}

/// So many batches as may share a sync. Empty: nothing waits.
std::deque<rocks_job_log::state::request> rocks_job_log::state::take_group() {
  std::deque<request> group;
  uint64_t bytes = 0;
  const std::lock_guard lock{mutex};
  while (!waiting.empty() && (group.empty() || bytes + waiting.front().bytes <= options.group_bytes_max)) {
    bytes += waiting.front().bytes;
    group.push_back(std::move(waiting.front()));
    waiting.pop_front();
  }
  return group;
}

void rocks_job_log::state::write_waiting() {
  for (auto group = take_group(); !group.empty(); group = take_group()) {
    std::vector<const job_log_batch*> batches;
    uint64_t bytes = 0;
    for (const auto& r : group) {
      batches.push_back(&r.batch);
      bytes += r.bytes;
    }
    auto outcomes = table.write(batches);
    {
      const std::lock_guard lock{mutex};
      bytes_waiting -= bytes;
    }
    for (size_t i = 0; i < group.size(); ++i)
      group[i].done(std::move(outcomes[i]));
  }
}

rocks_job_log::rocks_job_log(rocks_job_log_options options) : state_(std::make_unique<state>(std::move(options))) {}
rocks_job_log::~rocks_job_log() = default;

void rocks_job_log::write(job_log_batch batch, write_done done) {
  state_->write(std::move(batch), std::move(done));
}

void rocks_job_log::read(std::vector<segment_id> ids, read_done done) {
  state::post(state_->reader, std::move(done),
              [s = state_.get(), asked = std::move(ids)] { return s->table.read(asked); });
}

void rocks_job_log::load(load_done done) {
  state::post(state_->writer, std::move(done), [s = state_.get()] { return s->table.load(); });
}

void rocks_job_log::back_up(backup_request request, backup_done done) {
  if (state_->backing_up.exchange(true)) {
    done(failure{errc::overloaded, "a backup is being made"});
    return;
  }
  state::post(state_->backups, std::move(done), [s = state_.get(), wanted = std::move(request)] {
    auto made = s->table.back_up(wanted);
    s->backing_up = false;
    return made;
  });
}

void rocks_job_log::stop_backups() {
  state_->table.stop_backups();
}

job_log_counters rocks_job_log::counters() const {
  return state_->table.counters();
}

} // namespace weft
