#include "runtime/storage/resilient_job_table.hpp"

#include "runtime/storage/damage.hpp"
#include "runtime/storage/job_log_format.hpp"

#include <algorithm>
#include <utility>

namespace weft {

using clock = std::chrono::steady_clock;

namespace {

bool adds_texts(const job_log_batch& batch) {
  return std::ranges::any_of(batch.segments, [](const auto& s) { return s.meta.stage == segment_stage::texts; });
}

} // namespace

resilient_job_table::resilient_job_table(const rocks_job_log_options& options)
    : options_(options), room_(options.path, options.free_bytes_min, options.env) {
  counters_.bytes_max = options_.bytes_max;
  open();
}

void resilient_job_table::open() {
  const auto format = bring_to_format(options_.path, job_log_format, format_steps());
  if (format.refused) {
    refused_ = format.ready.error();
    report(refused_->message);
    const std::lock_guard lock{counting_};
    counters_.accepts_writes = false;
    return;
  }
  // An empty folder that counts as damaged is no damage: nothing would be won by moving it again.
  if (format.damaged && care_ != care::started_empty) {
    start_empty(format.ready.error().message);
    return;
  }
  if (!format.ready) {
    (void)stop(format.ready.error(), true);
    return;
  }
  auto opened = job_database::open(database_folder(options_.path), job_database_options(options_.env));
  std::unique_ptr<job_table> made;
  if (opened.outcome.ok()) {
    made = std::make_unique<job_table>(std::move(opened.database),
                                       job_table::limits{options_.bytes_max, options_.result_bytes});
    opened.outcome = made->start(options_.wall_clock() / 1'000);
  }
  if (opened.outcome.ok()) {
    if (opened.log_cut) {
      add({.damaged = 1});
      report("the job log's latest writes were damaged, or torn by a power failure: those after that place are gone; "
             "other nodes have copies");
    }
    {
      const std::unique_lock lock{exchange_};
      table_ = std::move(made);
    }
    count_bytes();
    return;
  }
  made.reset();
  if (is_damage(opened.outcome))
    damaged(opened.outcome);
  else
    (void)stop(to_failure(opened.outcome), true);
}

/// Tries what has not been tried since the last load() that succeeded.
void resilient_job_table::damaged(const rocksdb::Status& what) {
  if (care_ == care::none)
    mend(what.ToString());
  else if (care_ == care::mended)
    start_empty(what.ToString());
  else // an empty log that is damaged again: the disk is
    (void)stop(to_failure(what), true);
}

/// Closes the database, and opens what is whole of it.
void resilient_job_table::mend(const std::string& why) {
  close();
  lost_ = true;
  report("the job log is damaged (" + why + "): reading all of it, to keep what is whole");
  const auto mended = job_database::mend(database_folder(options_.path), job_database_options(options_.env));
  if (is_damage(mended))
    return start_empty(mended.ToString());
  if (!mended.ok()) {
    (void)stop(to_failure(mended), true);
    return;
  }
  care_ = care::mended;
  add({.damaged = 1});
  open();
  if (!table_ || care_ != care::mended)
    return;
  job_table::tally missing;
  if (const auto whole = table_->keep_whole(missing); !whole.ok())
    return is_damage(whole) ? start_empty(whole.ToString()) : (void)stop(to_failure(whole), true);
  add(missing);
  report("the job log is mended; other nodes have copies of what is missing");
}

void resilient_job_table::close() {
  stop_backup_ = true;                // it holds the table
  std::unique_ptr<job_table> closing; // destroyed last: RocksDB may take long to close, and nobody should wait for it
  const std::unique_lock lock{exchange_};
  closing = std::move(table_);
  stop_backup_ = closing_.load();
}

/// Closes the database and opens an empty one in its place.
void resilient_job_table::start_empty(const std::string& why) {
  close();
  lost_ = true;
  const auto aside = move_aside(options_.path);
  const auto aside_to = "moved to " + options_.path.string() + ".damaged, starting empty; other nodes have copies";
  report("the job log is damaged (" + why + "): " + (aside ? aside_to : aside.error().message));
  add({.damaged = 1});
  if (!aside) {
    (void)stop(aside.error(), true);
    return;
  }
  care_ = care::started_empty;
  open();
}

/// After the disk was full or broken: RocksDB's log keeps its first error, so the database is opened anew. Not before
/// the disk takes a file, since without a table there are no reads either.
status resilient_job_table::reopen() {
  if (auto written = room_.try_writing(); !written)
    return written;
  // An open database reserves room for its log: with less it would stop as soon as it is open.
  if (!room_.has(job_database_options(options_.env).max_total_wal_size))
    return room_.too_little();
  close();
  stopped_.reset();
  open();
  if (refused_)
    return *refused_;
  return stopped_ ? status{*stopped_} : ok;
}

void resilient_job_table::try_again() {
  if (refused_ || !stopped_ || clock::now() < retry_at_)
    return;
  if (broken_)
    if (const auto opened = reopen(); !opened) {
      (void)stop(opened.error(), true);
      return;
    }
  if (!room_.has(0)) {
    (void)stop(room_.too_little(), false);
    return;
  }
  recovered();
}

void resilient_job_table::recovered() {
  stopped_.reset();
  broken_ = false;
  {
    const std::lock_guard lock{counting_};
    counters_.accepts_writes = true;
  }
  report("the job log is written again");
}

failure resilient_job_table::stop(failure why, bool broken) {
  if (counters().accepts_writes)
    report("the job log takes nothing new: " + why.message + "; what it has is still read");
  retry_at_ = clock::now() + options_.retry_after;
  stopped_ = why;
  broken_ = broken;
  const std::lock_guard lock{counting_};
  counters_.accepts_writes = false;
  return why;
}

/// Why this batch is not written, or nothing. Results and removals are taken as long as the disk takes them.
std::optional<failure> resilient_job_table::unwritable(const job_log_batch& batch) const {
  if (refused_)
    return refused_;
  if (lost_)
    return failure{errc::state_damaged, "the job log was damaged: it has to be loaded again"};
  if (stopped_ && (broken_ || adds_texts(batch)))
    return stopped_;
  return std::nullopt;
}

std::vector<status> resilient_job_table::write(std::span<const job_log_batch* const> batches) {
  try_again();
  if (!stopped_ && !refused_ && !room_.has(0))
    (void)stop(room_.too_little(), false);
  std::vector<status> outcomes(batches.size(), ok);
  std::vector<const job_log_batch*> taken;
  std::vector<size_t> places;
  for (size_t i = 0; i < batches.size(); ++i)
    if (auto why = unwritable(*batches[i])) {
      outcomes[i] = *std::move(why);
    } else {
      taken.push_back(batches[i]);
      places.push_back(i);
    }
  job_table::tally count;
  std::vector<status> written;
  if (!taken.empty()) {
    const auto outcome = table_->write(taken, written, count);
    count_bytes();
    if (is_damage(outcome)) {
      damaged(outcome);
      written.assign(taken.size(), failure{errc::state_damaged, "the job log is damaged: " + outcome.ToString()});
    } else if (!outcome.ok()) {
      written.assign(taken.size(), stop(to_failure(outcome), true));
    }
  }
  for (size_t i = 0; i < taken.size(); ++i)
    outcomes[places[i]] = written[i];
  add(count);
  const auto failed = static_cast<uint64_t>(std::ranges::count_if(outcomes, [](const auto& s) { return !s; }));
  const std::lock_guard lock{counting_};
  counters_.syncs += count.bytes_written > 0;
  counters_.write_failures += failed;
  counters_.writes += outcomes.size() - failed;
  return outcomes;
}

result<std::vector<std::optional<segment_record>>> resilient_job_table::read(std::span<const segment_id> ids) {
  std::vector<std::optional<segment_record>> out;
  job_table::tally count;
  rocksdb::Status outcome = rocksdb::Status::Aborted("the job log could not be opened");
  {
    const std::shared_lock lock{exchange_};
    if (table_)
      outcome = table_->read(ids, out, count);
  }
  add(count);
  if (count.damaged > 0)
    report(std::to_string(count.damaged) + " records of the job log are damaged; other nodes have copies");
  if (!outcome.ok())
    return to_failure(outcome);
  return out;
}

result<job_log_contents> resilient_job_table::load() {
  try_again();
  for (;;) {
    if (refused_)
      return *refused_;
    if (!table_)
      return *stopped_;
    job_log_contents out;
    job_table::tally count;
    const auto outcome = table_->load(out, count);
    add(count);
    count_bytes();
    if (outcome.ok()) {
      out.was_damaged = std::exchange(lost_, false);
      care_ = care::none;
      return out;
    }
    if (!is_damage(outcome) || care_ == care::started_empty)
      return stop(to_failure(outcome), true);
    damaged(outcome);
  }
}

result<backup_info> resilient_job_table::back_up(const backup_request& request) {
  const std::shared_lock lock{exchange_};
  if (!table_ || closing_)
    return failure{errc::unavailable, "the job log is not open"};
  return create_backup(table_->db(), request, stop_backup_);
}

void resilient_job_table::report(const std::string& what) const {
  if (options_.report)
    options_.report(what);
}

void resilient_job_table::add(const job_table::tally& count) {
  const std::lock_guard lock{counting_};
  counters_.bytes_written += count.bytes_written;
  counters_.damaged += count.damaged;
}

job_log_counters resilient_job_table::counters() const {
  const std::lock_guard lock{counting_};
  return counters_;
}

/// Noted when it changes: counters() asks nobody who may be busy with the disk. REQUIRES: table_.
void resilient_job_table::count_bytes() {
  const std::lock_guard lock{counting_};
  counters_.bytes = table_->bytes();
}

} // namespace weft
