#include "runtime/jobs/segment_table.hpp"

namespace weft {

const segment_meta* segment_table::find(segment_id id) const {
  const auto* job = find(id.job);
  if (!job)
    return nullptr;
  const auto found = job->find(id.index);
  return found == job->end() ? nullptr : &found->second;
}

const segment_table::of_job* segment_table::find(job_id job) const {
  const auto found = jobs_.find(job);
  return found == jobs_.end() ? nullptr : &found->second;
}

bool segment_table::put(const segment_meta& meta) {
  auto& job = jobs_[meta.id.job];
  const auto [at, added] = job.try_emplace(meta.id.index, meta);
  if (!added) {
    if (!supersedes(meta, at->second))
      return false;
    leave(at->second);
    at->second = meta;
  }
  ++size_;
  bytes_ += meta.bytes;
  waiting_ += meta.stage == segment_stage::texts;
  return true;
}

void segment_table::leave(const segment_meta& meta) {
  --size_;
  bytes_ -= meta.bytes;
  waiting_ -= meta.stage == segment_stage::texts;
}

bool segment_table::erase(segment_id id) {
  const auto job = jobs_.find(id.job);
  if (job == jobs_.end())
    return false;
  const auto found = job->second.find(id.index);
  if (found == job->second.end())
    return false;
  leave(found->second);
  job->second.erase(found);
  if (job->second.empty())
    jobs_.erase(job);
  return true;
}

size_t segment_table::erase(job_id job) {
  const auto found = jobs_.find(job);
  if (found == jobs_.end())
    return 0;
  const auto count = found->second.size();
  for (const auto& [index, meta] : found->second)
    leave(meta);
  jobs_.erase(found);
  return count;
}

std::pair<std::vector<segment_meta>, std::optional<uint32_t>> segment_table::survey(job_id job, uint32_t first,
                                                                                    uint32_t segments_max) const {
  std::pair<std::vector<segment_meta>, std::optional<uint32_t>> out;
  const auto* kept = find(job);
  if (!kept)
    return out;
  for (auto at = kept->lower_bound(first); at != kept->end(); ++at) {
    if (out.first.size() == segments_max) {
      out.second = at->first;
      break;
    }
    out.first.push_back(at->second);
  }
  return out;
}

std::vector<segment_meta> segment_table::all() const {
  std::vector<segment_meta> out;
  out.reserve(size_);
  for (const auto& [job, kept] : jobs_)
    for (const auto& [index, meta] : kept)
      out.push_back(meta);
  return out;
}

} // namespace weft
