#include "runtime/storage/resilient_table.hpp"

#include <utility>

namespace weft {

using rocksdb::Status;
using clock = std::chrono::steady_clock;

resilient_table::resilient_table(const rocks_entry_store_options& options)
    : options_(options), room_(options.path, options.free_bytes_min, options.env) {
  limits_->wall_clock = options_.wall_clock;
  open();
}

void resilient_table::open() {
  auto opened = rocks_database::open(options_.path, database_options(options_.bytes_max, options_.env), limits_);
  std::unique_ptr<entry_table> made;
  if (opened.outcome.ok()) {
    made = std::make_unique<entry_table>(std::move(opened.database), limits_, options_.bytes_max);
    opened.outcome = made->load();
  }
  if (opened.outcome.ok()) {
    const std::unique_lock lock{exchange_};
    table_ = std::move(made);
    return;
  }
  made.reset();
  // An empty folder that counts as damaged is no damage: nothing would be won by moving it again.
  if (is_damage(opened.outcome) && !starts_empty_)
    start_empty(opened.outcome.ToString());
  else
    (void)stop(to_failure(opened.outcome));
}

void resilient_table::mend() {
  if (damaged_.exchange(false))
    start_empty("a block that was read");
}

/// Closes the database and opens an empty one in its place.
void resilient_table::start_empty(const std::string& why) {
  {
    const std::unique_lock lock{exchange_};
    table_.reset();
  }
  const auto aside = move_aside(options_.path);
  const auto aside_to = "moved to " + options_.path.string() + ".damaged, starting with an empty one";
  report("the stored cache is damaged (" + why + "): " + (aside ? aside_to : aside.error().message));
  {
    const std::lock_guard lock{counting_};
    ++counters_.damaged_stores;
  }
  if (!aside) {
    (void)stop(aside.error());
    return;
  }
  starts_empty_ = true;
  open();
  starts_empty_ = false;
}

bool resilient_table::has_table() const {
  const std::shared_lock lock{exchange_};
  return table_ != nullptr;
}

/// After the disk was full or broken: RocksDB's log keeps its first error, so the database is opened anew. Not before
/// the disk takes a file, since without a table there are no reads either.
status resilient_table::reopen() {
  if (auto written = room_.try_writing(); !written)
    return written;
  // An open database reserves room for its log and its next table: with less it would stop as soon as it is open.
  const auto reserved = database_options(options_.bytes_max, options_.env).max_total_wal_size;
  if (!room_.has(reserved))
    return room_.too_little();
  {
    const std::unique_lock lock{exchange_};
    table_.reset();
  }
  open();
  return has_table() ? ok : status{*stopped_};
}

/// Does the work and adds what it counted. Not found: there is no table.
Status resilient_table::look(const work& does) {
  entry_table::tally count;
  Status outcome = Status::Aborted("the stored cache could not be opened");
  {
    const std::shared_lock lock{exchange_};
    if (table_)
      outcome = does(*table_, count);
  }
  add(count);
  return outcome;
}

status resilient_table::change(const work& does) {
  mend();
  const bool stopped_before = stopped_.has_value();
  if (stopped_before) {
    if (clock::now() < retry_at_)
      return *stopped_;
    if (const auto opened = reopen(); !opened)
      return stop(opened.error());
  }
  if (!room_.has(0))
    return stop(room_.too_little());
  const auto outcome = look(does);
  if (is_damage(outcome)) {
    start_empty(outcome.ToString());
    return failure{errc::storage_failed, "the stored cache was damaged and starts empty: " + outcome.ToString()};
  }
  if (!outcome.ok())
    return stop(to_failure(outcome));
  if (stopped_before) {
    stopped_.reset();
    const std::lock_guard lock{counting_};
    counters_.accepts_writes = true;
  }
  if (stopped_before)
    report("the stored cache is written again");
  return ok;
}

status resilient_table::stop(failure why) {
  if (!stopped_)
    report("the stored cache is not written: " + why.message + "; the cache goes on from memory");
  retry_at_ = clock::now() + options_.retry_after;
  stopped_ = std::move(why);
  const std::lock_guard lock{counting_};
  counters_.accepts_writes = false;
  return *stopped_;
}

result<std::vector<std::optional<stored_entry>>> resilient_table::read(std::span<const cache_key> keys) {
  std::vector<std::optional<stored_entry>> out;
  const auto outcome = look([&](auto& table, auto& count) { return table.read(keys, out, count); });
  const bool damaged = is_damage(outcome);
  if (damaged)
    damaged_ = true; // what it could read is right all the same
  const bool failed = !outcome.ok() && !damaged;
  {
    const std::lock_guard lock{counting_};
    counters_.reads += keys.size();
    counters_.read_failures += failed ? keys.size() : 0;
  }
  if (failed)
    return to_failure(outcome);
  return out;
}

result<stored_page> resilient_table::scan(const cache_key& from, const scan_limits& limits) {
  stored_page page;
  const auto outcome = look([&](auto& table, auto&) { return table.scan(from, limits, page); });
  if (is_damage(outcome))
    damaged_ = true;
  if (!outcome.ok())
    return to_failure(outcome);
  return page;
}

result<std::vector<hot_key>> resilient_table::hot_keys() {
  std::vector<hot_key> keys;
  const auto outcome = look([&](auto& table, auto&) { return table.hot_keys(keys); });
  if (!outcome.ok())
    return to_failure(outcome);
  return keys;
}

status resilient_table::write(const std::vector<stored_entry>& entries) {
  auto written = change([&](auto& table, auto& count) { return table.write(entries, count); });
  if (!written) {
    const std::lock_guard lock{counting_};
    counters_.write_failures += entries.size();
  }
  return written;
}

status resilient_table::set_generation(uint64_t generation) {
  return change([&](auto& table, auto&) { return table.set_generation(generation); });
}
status resilient_table::keep_hot_keys(const std::vector<hot_key>& keys) {
  return change([&](auto& table, auto&) { return table.keep_hot_keys(keys); });
}
status resilient_table::remove_outdated(size_t batches_max) {
  return change([&](auto& table, auto& count) { return table.remove_outdated(batches_max, count); });
}
status resilient_table::flush() {
  return change([](auto& table, auto&) { return table.flush(); });
}

void resilient_table::report(const std::string& what) const {
  if (options_.report)
    options_.report(what);
}

void resilient_table::add(const entry_table::tally& count) {
  const std::lock_guard lock{counting_};
  counters_.found += count.found;
  counters_.expired += count.expired;
  counters_.damaged_entries += count.damaged;
  counters_.writes += count.written;
  counters_.evicted += count.evicted;
}

entry_store_counters resilient_table::counters() const {
  entry_store_counters out;
  {
    const std::lock_guard lock{counting_};
    out = counters_;
  }
  out.bytes_max = options_.bytes_max;
  const std::shared_lock lock{exchange_};
  if (table_) {
    out.bytes = table_->bytes();
    out.bytes_on_disk = table_->bytes_on_disk();
  }
  out.expired += limits_->dropped.load(std::memory_order_relaxed);
  return out;
}

} // namespace weft
