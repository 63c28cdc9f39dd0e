#include "runtime/storage/rocks_entry_store.hpp"

#include "runtime/storage/request_thread.hpp"
#include "runtime/storage/resilient_table.hpp"

#include <atomic>
#include <mutex>
#include <utility>

namespace weft {
namespace {

uint64_t system_milliseconds() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

uint64_t bytes_of(const std::vector<stored_entry>& entries) {
  uint64_t bytes = 0;
  for (const auto& e : entries)
    bytes += e.kind.size() + e.body.size();
  return bytes;
}

rocks_entry_store_options completed(rocks_entry_store_options options) {
  WEFT_ASSERT(!options.path.empty());
  WEFT_ASSERT(options.bytes_max > 0);
  if (!options.wall_clock)
    options.wall_clock = system_milliseconds;
  return options;
}

} // namespace

/// Everything behind the port: the table, and the two threads that work on it.
class rocks_entry_store::state {
public:
  explicit state(rocks_entry_store_options given)
      : options(completed(std::move(given))), table(options),
        writer(options.writes_max, options.maintain_every,
               [this] { (void)table.remove_outdated(options.maintain_batches); }),
        reader(options.reads_max) {}

  /// Does `work` on the reading thread and gives its result to `done`; refuses when too much waits.
  template <class Done, class Work> void read(Done done, Work work) { post(reader, std::move(done), std::move(work)); }
  template <class Done, class Work> void write(Done done, Work work) { post(writer, std::move(done), std::move(work)); }

  /// Counts bytes that wait to be written; false when they are too many.
  bool reserve(uint64_t bytes) {
    if (bytes_waiting.fetch_add(bytes) + bytes <= options.write_bytes_max)
      return true;
    bytes_waiting -= bytes;
    return false;
  }
  failure refuse() {
    ++refused;
    return {errc::overloaded, "too much waits for the node's storage"};
  }

  const rocks_entry_store_options options;
  resilient_table table;
  std::atomic<uint64_t> bytes_waiting{0};
  std::atomic<uint64_t> refused{0};
  request_thread writer, reader; ///< last: they use all of the above, and are joined first

private:
  template <class Done, class Work> void post(request_thread& thread, Done done, Work work) {
    // Shared: a refused task gives nothing back, and somebody has to answer.
    auto shared = std::make_shared<Done>(std::move(done));
    const bool taken = thread.post([this, shared, job = std::move(work)]() mutable {
      auto answer = job(*this);
      (*shared)(std::move(answer));
    });
    if (!taken)
      (*shared)(refuse());
  }
};

rocks_entry_store::rocks_entry_store(rocks_entry_store_options options)
    : state_(std::make_unique<state>(std::move(options))) {}
rocks_entry_store::~rocks_entry_store() = default;

void rocks_entry_store::get(std::vector<cache_key> keys, read_done done) {
  state_->read(std::move(done), [asked = std::move(keys)](state& s) {
    auto answer = s.table.read(asked);
    if (s.table.needs_mending()) // soon, not with the next write
      (void)s.writer.post([&s] { s.table.mend(); });
    return answer;
  });
}

void rocks_entry_store::put(std::vector<stored_entry> entries, write_done done) {
  const uint64_t bytes = bytes_of(entries);
  if (!state_->reserve(bytes)) {
    done(state_->refuse());
    return;
  }
  // Given back when the task goes, done or refused.
  const std::shared_ptr<void> reserved{nullptr, [s = state_.get(), bytes](void*) { s->bytes_waiting -= bytes; }};
  state_->write(std::move(done), [added = std::move(entries), reserved](state& s) { return s.table.write(added); });
}

void rocks_entry_store::clear(uint64_t generation, write_done done) {
  state_->write(std::move(done), [generation](state& s) { return s.table.set_generation(generation); });
}

void rocks_entry_store::scan(cache_key from, scan_limits limits, scan_done done) {
  state_->read(std::move(done), [from, limits](state& s) { return s.table.scan(from, limits); });
}

void rocks_entry_store::keep_hot_keys(std::vector<hot_key> keys, write_done done) {
  state_->write(std::move(done), [kept = std::move(keys)](state& s) { return s.table.keep_hot_keys(kept); });
}

void rocks_entry_store::hot_keys(hot_done done) {
  state_->read(std::move(done), [](state& s) { return s.table.hot_keys(); });
}

void rocks_entry_store::maintain(write_done done) {
  state_->write(std::move(done), [](state& s) { return s.table.remove_outdated(s.options.maintain_batches); });
}

void rocks_entry_store::flush(write_done done) {
  state_->write(std::move(done), [](state& s) { return s.table.flush(); });
}

entry_store_counters rocks_entry_store::counters() const {
  auto out = state_->table.counters();
  out.refused = state_->refused;
  return out;
}

} // namespace weft
