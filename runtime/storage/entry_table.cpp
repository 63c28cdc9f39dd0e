#include "runtime/storage/entry_table.hpp"

#include <algorithm>
#include <cstring>
#include <rocksdb/write_batch.h>

namespace weft {
namespace {

using rocksdb::Slice;
using rocksdb::Status;

constexpr auto bytes_note = "bytes";
constexpr auto generation_note = "generation";
constexpr auto hot_note = "hot";
/// What a record and its batch take beside kind and body.
constexpr uint64_t record_overhead = 16 + 37 + 16;

template <size_t Size> Slice slice(const std::array<char, Size>& bytes) {
  return {bytes.data(), bytes.size()};
}

std::string_view view(const Slice& s) {
  return {s.data(), s.size()};
}

uint64_t expiry(uint64_t now, const std::optional<std::chrono::milliseconds>& left) {
  const auto life = left ? static_cast<uint64_t>(left->count()) : never_expires;
  return life >= never_expires - now ? never_expires : now + life;
}

} // namespace

entry_table::entry_table(std::unique_ptr<rocks_database> database, std::shared_ptr<entry_limits> limits,
                         uint64_t bytes_max)
    : database_(std::move(database)), limits_(std::move(limits)), bytes_max_(bytes_max) {}

std::optional<uint64_t> entry_table::number_note(const char* name) {
  std::string bytes;
  if (!database_->db().Get({}, database_->notes(), name, &bytes).ok())
    return std::nullopt;
  return number_from(bytes);
}

Status entry_table::load() {
  const std::unique_ptr<rocksdb::Iterator> batches{database_->db().NewIterator({}, database_->batches())};
  batches->SeekToLast();
  newest_ = batches->Valid() ? number_from(view(batches->key())).value_or(0) : 0;
  batches->SeekToFirst();
  oldest_ = batches->Valid() ? number_from(view(batches->key())).value_or(0) : 0;
  cursor_ = oldest_;
  bytes_ = number_note(bytes_note).value_or(0);
  limits_->generation = std::max(limits_->generation.load(), number_note(generation_note).value_or(0));
  return batches->status();
}

std::optional<stored_entry> entry_table::to_stored(const cache_key& key, std::string_view bytes, uint64_t now,
                                                   tally& count) const {
  const auto record = decode(key, bytes);
  if (!record) {
    ++count.damaged;
    return std::nullopt;
  }
  if (record->generation < limits_->generation.load(std::memory_order_relaxed))
    return std::nullopt;
  if (record->expires <= now) {
    ++count.expired;
    return std::nullopt;
  }
  stored_entry out{key, std::string{record->kind}, std::string{record->body}, record->generation, std::nullopt};
  if (record->expires != never_expires)
    out.expires_in = std::chrono::milliseconds{static_cast<int64_t>(record->expires - now)};
  return out;
}

Status entry_table::read(std::span<const cache_key> keys, std::vector<std::optional<stored_entry>>& out, tally& count) {
  std::vector<key_bytes> bytes;
  bytes.reserve(keys.size());
  std::vector<Slice> slices;
  for (const auto& key : keys)
    slices.push_back(slice(bytes.emplace_back(bytes_of(key))));
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<Status> statuses(keys.size());
  database_->db().MultiGet({}, database_->entries(), keys.size(), slices.data(), values.data(), statuses.data());
  const uint64_t now = limits_->wall_clock();
  out.resize(keys.size());
  Status worst;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].ok())
      out[i] = to_stored(keys[i], view(values[i]), now, count);
    else if (!statuses[i].IsNotFound())
      worst = statuses[i];
    count.damaged += statuses[i].IsCorruption();
    count.found += out[i].has_value();
  }
  return worst;
}

Status entry_table::write(const std::vector<stored_entry>& entries, tally& count) {
  const uint64_t now = limits_->wall_clock(), generation = limits_->generation.load(), number = newest_ + 1;
  std::vector<const stored_entry*> live;
  batch_record batch;
  for (const auto& e : entries) {
    const bool dead = e.generation < generation || (e.expires_in && e.expires_in->count() <= 0);
    const uint64_t bytes = e.kind.size() + e.body.size() + record_overhead;
    if (dead || bytes > bytes_max_ - batch.bytes)
      continue;
    live.push_back(&e);
    batch.keys.push_back(e.key);
    batch.bytes += bytes;
    batch.expires = std::max(batch.expires, expiry(now, e.expires_in));
    batch.generation = std::max(batch.generation, e.generation);
  }
  if (live.empty())
    return Status::OK();
  rocksdb::WriteBatch changes; // first what leaves, then what enters: a key in both stays
  uint64_t freed = 0, oldest = oldest_, evicted = 0;
  if (auto room = make_room(batch.bytes, changes, freed, oldest, evicted); !room.ok())
    return room;
  for (const auto* e : live)
    changes.Put(database_->entries(), slice(bytes_of(e->key)),
                encode(e->key, {e->kind, e->body, e->generation, expiry(now, e->expires_in), number}));
  const uint64_t total = bytes() - freed + batch.bytes;
  changes.Put(database_->batches(), slice(bytes_of(number)), encode(batch));
  changes.Put(database_->notes(), bytes_note, slice(bytes_of(total)));
  if (auto written = database_->db().Write({}, &changes); !written.ok())
    return written;
  newest_ = number;
  oldest_ = oldest;
  bytes_ = total;
  count.written += live.size();
  count.evicted += evicted;
  return Status::OK();
}

/// Adds the removal of the oldest batches to `out`, until so many bytes more are within the limit.
Status entry_table::make_room(uint64_t wanted, rocksdb::WriteBatch& out, uint64_t& freed, uint64_t& oldest,
                              uint64_t& evicted) {
  if (bytes() + wanted <= bytes_max_)
    return Status::OK();
  const std::unique_ptr<rocksdb::Iterator> i{database_->db().NewIterator({}, database_->batches())};
  for (i->Seek(slice(bytes_of(oldest_))); i->Valid() && bytes() - freed + wanted > bytes_max_; i->Next()) {
    const auto number = number_from(view(i->key()));
    const auto batch = decode_batch(view(i->value()));
    if (!number || !batch)
      return Status::Corruption("a batch record cannot be read");
    if (auto removed = remove_batch(*number, *batch, out, evicted); !removed.ok())
      return removed;
    freed += std::min(batch->bytes, bytes() - freed);
    oldest = *number + 1;
  }
  return i->status();
}

/// Entries that were written again since stay: they belong to a later batch.
Status entry_table::remove_batch(uint64_t number, const batch_record& batch, rocksdb::WriteBatch& out,
                                 uint64_t& removed) {
  for (const auto& key : batch.keys) {
    const auto bytes = bytes_of(key);
    rocksdb::PinnableSlice value;
    const auto found = database_->db().Get({}, database_->entries(), slice(bytes), &value);
    if (found.IsNotFound())
      continue;
    if (!found.ok())
      return found;
    const auto record = decode(key, view(value));
    if (record && record->batch != number)
      continue;
    out.Delete(database_->entries(), slice(bytes));
    ++removed;
  }
  return out.Delete(database_->batches(), slice(bytes_of(number)));
}

Status entry_table::remove_outdated(size_t batches_max, tally& count) {
  const uint64_t now = limits_->wall_clock(), generation = limits_->generation.load();
  const std::unique_ptr<rocksdb::Iterator> i{database_->db().NewIterator({}, database_->batches())};
  i->Seek(slice(bytes_of(cursor_)));
  rocksdb::WriteBatch removals;
  uint64_t freed = 0;
  for (size_t looked = 0; looked < batches_max && i->Valid(); ++looked, i->Next()) {
    const auto number = number_from(view(i->key()));
    const auto batch = decode_batch(view(i->value()));
    if (!number || !batch)
      return Status::Corruption("a batch record cannot be read");
    cursor_ = *number + 1;
    if (batch->expires > now && batch->generation >= generation)
      continue;
    if (auto removed = remove_batch(*number, *batch, removals, count.expired); !removed.ok())
      return removed;
    freed += batch->bytes;
  }
  if (!i->Valid())
    cursor_ = oldest_;
  if (removals.Count() == 0)
    return i->status();
  const uint64_t total = bytes() - std::min(freed, bytes());
  removals.Put(database_->notes(), bytes_note, slice(bytes_of(total)));
  if (auto written = database_->db().Write({}, &removals); !written.ok())
    return written;
  bytes_ = total;
  return Status::OK();
}

Status entry_table::scan(const cache_key& from, const scan_limits& limits, stored_page& out) {
  rocksdb::ReadOptions once;
  once.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> i{database_->db().NewIterator(once, database_->entries())};
  const uint64_t now = limits_->wall_clock();
  uint64_t bytes = 0;
  tally ignored;
  for (i->Seek(slice(bytes_of(from))); i->Valid(); i->Next()) {
    if (i->key().size() != sizeof(key_bytes))
      return Status::Corruption("a key of another length");
    const auto key = key_from(view(i->key()));
    if (out.entries.size() >= limits.entries_max || bytes >= limits.bytes_max) {
      out.next = key;
      break;
    }
    if (auto entry = to_stored(key, view(i->value()), now, ignored)) {
      bytes += entry->kind.size() + entry->body.size();
      out.entries.push_back(*std::move(entry));
    }
  }
  return i->status();
}

Status entry_table::set_generation(uint64_t generation) {
  if (generation <= limits_->generation.load())
    return Status::OK();
  limits_->generation = generation; // first: even if the note cannot be written, this process serves nothing older
  return database_->db().Put({}, database_->notes(), generation_note, slice(bytes_of(generation)));
}

Status entry_table::keep_hot_keys(const std::vector<hot_key>& keys) {
  std::string bytes;
  for (const auto& hot : keys) {
    const auto key = bytes_of(hot.key);
    const auto uses = bytes_of(uint64_t{hot.uses});
    bytes.append(key.data(), key.size()).append(uses.data(), uses.size());
  }
  return database_->db().Put({}, database_->notes(), hot_note, bytes);
}

Status entry_table::hot_keys(std::vector<hot_key>& out) {
  constexpr size_t size = 16 + 8;
  std::string bytes;
  const auto found = database_->db().Get({}, database_->notes(), hot_note, &bytes);
  if (found.IsNotFound())
    return Status::OK();
  for (std::string_view rest = bytes; rest.size() >= size; rest.remove_prefix(size))
    out.push_back({key_from(rest), static_cast<uint32_t>(number_from(rest.substr(16, 8)).value_or(0))});
  return found;
}

Status entry_table::flush() {
  return database_->db().Flush({}, {database_->entries(), database_->batches(), database_->notes()});
}

uint64_t entry_table::bytes_on_disk() const {
  uint64_t total = 0;
  for (auto* family : {database_->entries(), database_->batches(), database_->notes()})
    for (const auto* property : {"rocksdb.total-sst-files-size", "rocksdb.cur-size-all-mem-tables"}) {
      uint64_t bytes = 0;
      if (database_->db().GetIntProperty(family, property, &bytes))
        total += bytes;
    }
  return total;
}

} // namespace weft
