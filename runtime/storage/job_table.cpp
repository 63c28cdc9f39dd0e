#include "runtime/storage/job_table.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/job/record_codec.hpp"
#include "runtime/storage/damage.hpp"
#include "runtime/storage/entry_record.hpp"
#include "runtime/storage/job_log_record.hpp"

#include <algorithm>
#include <rocksdb/convenience.h>
#include <rocksdb/snapshot.h>
#include <rocksdb/write_batch.h>
#include <utility>

namespace weft {
namespace {

using rocksdb::Slice;
using rocksdb::Status;

constexpr auto bytes_note = "bytes";
constexpr auto sequence_note = "sequence";
/// Sequences are given out in blocks, one a load(): what the node gave and did not write is not given again.
constexpr int sequence_block_bits = 32;
/// A start reserves some, so that a load() needs no write: it must not fail where the disk is full. Few, since blocks
/// must not run ahead of the wall clock, which is all that is left of them where a disk was replaced.
constexpr uint64_t sequence_blocks_reserved = 4;

template <size_t Size> Slice slice(const std::array<char, Size>& bytes) {
  return {bytes.data(), bytes.size()};
}
template <size_t Size> std::string_view view(const std::array<char, Size>& bytes) {
  return {bytes.data(), bytes.size()};
}
std::string_view view(const Slice& s) {
  return {s.data(), s.size()};
}

std::optional<segment_meta> read_meta(const segment_id& id, std::string_view bytes) {
  const auto record = unsealed(view(disk_key(id)), bytes);
  if (!record)
    return std::nullopt;
  auto meta = decode_meta(*record);
  if (!meta || meta->id != id)
    return std::nullopt;
  return *std::move(meta);
}

} // namespace

job_table::job_table(std::unique_ptr<job_database> database, limits given)
    : database_(std::move(database)), limits_(given) {}

uint64_t job_table::size_of(const segment_meta& meta) const {
  const uint64_t reserved = meta.stage == segment_stage::texts ? meta.items * limits_.result_bytes : 0;
  return std::max(meta.bytes, reserved) + segment_sizes::overhead;
}

std::optional<uint64_t> job_table::number_note(const char* name) {
  std::string bytes;
  if (!database_->db().Get({}, database_->notes(), name, &bytes).ok())
    return std::nullopt;
  return number_from(bytes);
}

Status job_table::start(uint64_t wall_seconds) {
  bytes_ = number_note(bytes_note).value_or(0);
  sequence_block_ = std::max(number_note(sequence_note).value_or(0) + 1, wall_seconds);
  return reserve_sequences();
}

Status job_table::reserve_sequences() {
  const uint64_t last = sequence_block_ + sequence_blocks_reserved - 1;
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const auto noted = database_->db().Put(synced, database_->notes(), sequence_note, slice(bytes_of(last)));
  if (noted.ok())
    sequences_reserved_ = last;
  return noted;
}

uint64_t job_table::stored_size(const segment_id& id) {
  rocksdb::PinnableSlice value;
  if (!database_->db().Get({}, database_->metas(), slice(disk_key(id)), &value).ok())
    return 0;
  const auto meta = read_meta(id, view(value));
  return meta ? size_of(*meta) : 0;
}

/// All segments of the job that the log and the group have become nothing.
Status job_table::measure_removed(job_id job, segment_sizes& sizes) {
  for (const auto& id : sizes.of(job))
    sizes.set(id, 0);
  const auto end = end_of_segments(job);
  const Slice until = slice(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &until;
  const std::unique_ptr<rocksdb::Iterator> i{database_->db().NewIterator(options, database_->metas())};
  for (i->Seek(slice(disk_key(segment_id{job, 0}))); i->Valid(); i->Next())
    if (const auto id = segment_of(view(i->key())))
      sizes.set(*id, 0);
  return i->status();
}

Status job_table::measure(const job_log_batch& batch, segment_sizes& sizes) {
  for (const auto& segment : batch.segments)
    sizes.set(segment.meta.id, size_of(segment.meta));
  for (const auto& id : batch.dropped)
    sizes.set(id, 0);
  for (const auto& job : batch.removed)
    if (auto measured = measure_removed(job, sizes); !measured.ok())
      return measured;
  return Status::OK();
}

void job_table::add(const job_log_batch& batch, rocksdb::WriteBatch& out) const {
  for (const auto& header : batch.headers) {
    const auto key = disk_key(header.id);
    out.Put(database_->headers(), slice(key), sealed(view(key), encode(header)));
  }
  for (const auto& segment : batch.segments) {
    WEFT_ASSERT(segment.body);
    const auto key = disk_key(segment.meta.id);
    out.Put(database_->metas(), slice(key), sealed(view(key), encode(segment.meta)));
    out.Put(database_->bodies(), slice(key), *segment.body);
  }
  for (const auto& id : batch.dropped) {
    out.Delete(database_->metas(), slice(disk_key(id)));
    out.Delete(database_->bodies(), slice(disk_key(id)));
  }
  for (const auto& job : batch.removed)
    for (auto* family : {database_->metas(), database_->bodies()})
      out.DeleteRange(family, slice(disk_key(segment_id{job, 0})), slice(end_of_segments(job)));
  for (const auto& job : batch.forgotten)
    out.Delete(database_->headers(), slice(disk_key(job)));
}

Status job_table::write(std::span<const job_log_batch* const> batches, std::vector<status>& outcomes, tally& count) {
  segment_sizes sizes{[this](const segment_id& id) { return stored_size(id); }};
  const auto before = static_cast<int64_t>(bytes());
  uint64_t body_bytes = 0;
  for (const auto* batch : batches)
    for (const auto& segment : batch->segments)
      body_bytes += segment.body->size() + 2 * segment_sizes::overhead;
  rocksdb::WriteBatch changes{body_bytes};
  outcomes.assign(batches.size(), ok);
  for (size_t i = 0; i < batches.size(); ++i) {
    sizes.begin_batch();
    const auto change = sizes.change();
    if (auto measured = measure(*batches[i], sizes); !measured.ok())
      return measured;
    // What makes a full log smaller, or only tells of a job, is always taken.
    if (sizes.change() > change && before + sizes.change() > static_cast<int64_t>(limits_.bytes_max)) {
      sizes.undo();
      outcomes[i] = failure{errc::storage_full, "the jobs of this node have " + std::to_string(bytes()) + " of " +
                                                    std::to_string(limits_.bytes_max) + " bytes"};
      continue;
    }
    add(*batches[i], changes);
  }
  if (changes.Count() == 0)
    return Status::OK();
  const auto total = static_cast<uint64_t>(std::max<int64_t>(before + sizes.change(), 0));
  changes.Put(database_->notes(), bytes_note, slice(bytes_of(total)));
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (auto written = database_->db().Write(synced, &changes); !written.ok())
    return written;
  bytes_ = total;
  count.bytes_written += changes.GetDataSize();
  for (size_t i = 0; i < batches.size(); ++i)
    if (outcomes[i])
      std::ranges::for_each(batches[i]->removed, [this](job_id job) { free_files(job); });
  return Status::OK();
}

/// Files that hold nothing but this job go at once, not when RocksDB compacts them. Nothing depends on it.
void job_table::free_files(job_id job) {
  const auto first = disk_key(segment_id{job, 0});
  const auto end = end_of_segments(job);
  const Slice from = slice(first), to = slice(end);
  const rocksdb::RangePtr range{&from, &to};
  (void)rocksdb::DeleteFilesInRanges(&database_->db(), database_->bodies(), &range, 1, false);
}

Status job_table::read(std::span<const segment_id> ids, std::vector<std::optional<segment_record>>& out, tally& count) {
  out.assign(ids.size(), std::nullopt);
  // Meta and body of one moment, though a write may come in between.
  rocksdb::ManagedSnapshot moment{&database_->db()};
  rocksdb::ReadOptions options;
  options.snapshot = moment.snapshot();
  Status worst;
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto key = disk_key(ids[i]);
    rocksdb::PinnableSlice meta_bytes, body;
    auto found = database_->db().Get(options, database_->metas(), slice(key), &meta_bytes);
    if (found.IsNotFound())
      continue;
    if (found.ok())
      found = database_->db().Get(options, database_->bodies(), slice(key), &body);
    const bool lost = is_damage(found) || found.IsNotFound(); // a meta without its body, too
    if (!found.ok() && !lost) {
      worst = found;
      continue;
    }
    const auto meta = lost ? std::nullopt : read_meta(ids[i], view(meta_bytes));
    if (!meta || meta->bytes != body.size() || meta->hash != body_hash(view(body))) {
      ++count.damaged;
      continue;
    }
    out[i] = segment_record{*meta, std::make_shared<const std::string>(body.ToString())};
  }
  return worst;
}

Status job_table::keep_whole(tally& count) {
  rocksdb::WriteBatch changes;
  rocksdb::ReadOptions once;
  once.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> metas{database_->db().NewIterator(once, database_->metas())};
  for (metas->SeekToFirst(); metas->Valid(); metas->Next()) {
    const auto id = segment_of(view(metas->key()));
    const auto meta = id ? read_meta(*id, view(metas->value())) : std::nullopt;
    rocksdb::PinnableSlice body;
    const auto found = database_->db().Get(once, database_->bodies(), metas->key(), &body);
    if (!found.ok() && !found.IsNotFound() && !is_damage(found))
      return found;
    if (meta && found.ok() && meta->bytes == body.size() && meta->hash == body_hash(view(body)))
      continue;
    ++count.damaged;
    changes.Delete(database_->metas(), metas->key());
    changes.Delete(database_->bodies(), metas->key());
  }
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return metas->status().ok() ? database_->db().Write(synced, &changes) : metas->status();
}

Status job_table::load(job_log_contents& out, tally& count) {
  rocksdb::ReadOptions once;
  once.fill_cache = false;
  once.readahead_size = 1 << 20;
  const std::unique_ptr<rocksdb::Iterator> headers{database_->db().NewIterator(once, database_->headers())};
  for (headers->SeekToFirst(); headers->Valid(); headers->Next()) {
    const auto record = unsealed(view(headers->key()), view(headers->value()));
    auto header = record ? decode_header(*record) : result<job_header>{failure{errc::state_damaged, {}}};
    if (header)
      out.headers.push_back(*std::move(header));
    else
      ++count.damaged;
  }
  if (!headers->status().ok())
    return headers->status();
  const std::unique_ptr<rocksdb::Iterator> metas{database_->db().NewIterator(once, database_->metas())};
  uint64_t bytes = 0;
  for (metas->SeekToFirst(); metas->Valid(); metas->Next()) {
    const auto id = segment_of(view(metas->key()));
    auto meta = id ? read_meta(*id, view(metas->value())) : std::nullopt;
    if (!meta) {
      ++count.damaged;
      continue;
    }
    bytes += size_of(*meta);
    out.segments.push_back(*std::move(meta));
  }
  if (!metas->status().ok())
    return metas->status();
  bytes_ = bytes;
  if (sequence_block_ > sequences_reserved_)
    if (auto reserved = reserve_sequences(); !reserved.ok())
      return reserved;
  // Another block each time: whoever loads has forgotten what it stamped and did not write.
  out.next_sequence = sequence_block_++ << sequence_block_bits;
  return Status::OK();
}

} // namespace weft
