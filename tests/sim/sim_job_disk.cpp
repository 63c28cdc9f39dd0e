#include "tests/sim/sim_job_disk.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <iterator>

namespace weft::sim {

void sim_job_disk::apply(const job_log_batch& batch) {
  for (const auto& header : batch.headers) {
    headers_[header.id] = header;
    greatest_ = std::max(greatest_, header.stamp.sequence);
  }
  for (const auto& segment : batch.segments) {
    segments_[segment.meta.id] = segment;
    damaged_.erase(segment.meta.id);
    greatest_ = std::max(greatest_, segment.meta.stamp.sequence);
  }
  const auto drop = [&](segment_id id) {
    segments_.erase(id);
    damaged_.erase(id);
  };
  for (const auto& id : batch.dropped)
    drop(id);
  for (const auto& job : batch.removed)
    for (auto it = segments_.lower_bound({job, 0}); it != segments_.end() && it->first.job == job;)
      drop((it++)->first);
  for (const auto& job : batch.forgotten)
    headers_.erase(job);
}

void sim_job_disk::sync() {
  WEFT_ASSERT(!waiting_.empty());
  apply(waiting_.front());
  waiting_.pop_front();
}

void sim_job_disk::lose_unsynced(random_source& random) {
  for (auto kept = random.below(static_cast<uint32_t>(waiting_.size()) + 1); kept > 0; --kept)
    sync();
  waiting_.clear();
}

void sim_job_disk::wipe() {
  has_lost_ = true;
  waiting_.clear();
  headers_.clear();
  segments_.clear();
  damaged_.clear();
}

bool sim_job_disk::damage(random_source& random) {
  has_lost_ = true;
  if (segments_.empty())
    return false;
  auto it = segments_.begin();
  std::advance(it, random.below(static_cast<uint32_t>(segments_.size())));
  damaged_.insert(it->first);
  return true;
}

void sim_job_disk::lose_record(random_source& random) {
  has_lost_ = true;
  const auto any_of = [&](const auto& records) {
    return std::next(records.begin(), random.below(static_cast<uint32_t>(records.size())));
  };
  if (!headers_.empty() && random.chance(0.3))
    headers_.erase(any_of(headers_));
  else if (!segments_.empty())
    segments_.erase(any_of(segments_));
}

job_log_contents sim_job_disk::load() const {
  job_log_contents contents;
  for (const auto& [id, header] : headers_)
    contents.headers.push_back(header);
  for (const auto& [id, record] : segments_)
    contents.segments.push_back(record.meta);
  contents.next_sequence = greatest_ + 1;
  return contents;
}

std::vector<std::optional<segment_record>> sim_job_disk::read(const std::vector<segment_id>& ids) const {
  std::vector<std::optional<segment_record>> records;
  for (const auto& id : ids) {
    const auto found = segments_.find(id);
    const bool is_there = found != segments_.end() && !damaged_.contains(id);
    records.push_back(is_there ? std::optional{found->second} : std::nullopt);
  }
  return records;
}

} // namespace weft::sim
