#include "runtime/jobs/record_sums.hpp"

#include "runtime/base/mix_bits.hpp"
#include "runtime/job/record_codec.hpp"

#include <cstddef>
#include <vector>

namespace weft {
namespace {

constexpr uint64_t added(uint64_t hash, uint64_t word) noexcept {
  return mix_bits(hash * 0x9e3779b97f4a7c15ULL + word);
}

constexpr uint64_t hash_of(segment_id id) noexcept {
  return added(added(id.job.high, id.job.low), id.index);
}

template <class Record> struct bucket_contents {
  std::array<std::vector<Record>, compare_buckets> records;
  record_sums sums{};

  void add(uint32_t bucket, uint64_t share, const Record& record) {
    sums[bucket] += share;
    records[bucket].push_back(record);
  }
  /// The buckets that differ from `theirs`, whole, up to about `most` records.
  void take_differing(const record_sums& theirs, size_t most, std::vector<uint32_t>& buckets,
                      std::vector<Record>& taken) {
    for (uint32_t bucket = 0; bucket < compare_buckets; ++bucket) {
      auto& mine = records[bucket];
      if (sums[bucket] == theirs[bucket] || (!taken.empty() && taken.size() + mine.size() > most))
        continue;
      buckets.push_back(bucket);
      taken.insert(taken.end(), mine.begin(), mine.end());
    }
  }
};

template <class Visit>
void each_shared_segment(const repair_source& source, node_id self, node_id other, const Visit& visit) {
  source.each_segment([&](const segment_meta& segment) {
    const auto owners = source.owners(segment.id);
    if (owners.contains(self) && owners.contains(other))
      visit(segment);
  });
}

} // namespace

uint32_t header_bucket(job_id id) noexcept {
  return static_cast<uint32_t>(added(id.high, id.low) % compare_buckets);
}

uint32_t segment_bucket(segment_id id) noexcept {
  return static_cast<uint32_t>(hash_of(id) % compare_buckets);
}

uint64_t header_share(const job_header& header) {
  return body_hash(encode(header));
}

uint64_t segment_share(const segment_meta& segment) noexcept {
  return added(added(hash_of(segment.id), static_cast<uint64_t>(segment.stage)), segment.hash);
}

record_sums header_sums(const repair_source& source) {
  record_sums sums{};
  source.each_header([&](const job_header& header) { sums[header_bucket(header.id)] += header_share(header); });
  return sums;
}

record_sums shared_segment_sums(const repair_source& source, node_id self, node_id other) {
  record_sums sums{};
  each_shared_segment(source, self, other,
                      [&](const segment_meta& segment) { sums[segment_bucket(segment.id)] += segment_share(segment); });
  return sums;
}

records_compared answer_compare(const repair_source& source, node_id self, uint64_t view_hash,
                                const compare_records& question, const repair_options& limits) {
  records_compared answer;
  bucket_contents<job_header> headers;
  source.each_header(
      [&](const job_header& header) { headers.add(header_bucket(header.id), header_share(header), header); });
  headers.take_differing(question.header_sums, limits.headers_max, answer.header_buckets, answer.headers);
  answer.same_view = question.view_hash == view_hash && view_hash != 0;
  if (!answer.same_view)
    return answer;
  bucket_contents<segment_meta> segments;
  each_shared_segment(source, self, question.from, [&](const segment_meta& segment) {
    segments.add(segment_bucket(segment.id), segment_share(segment), segment);
  });
  segments.take_differing(question.segment_sums, limits.metas_max, answer.segment_buckets, answer.segments);
  return answer;
}

} // namespace weft
