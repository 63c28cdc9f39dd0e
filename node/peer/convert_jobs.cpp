#include "node/peer/convert_jobs.hpp"

#include "runtime/job/record_codec.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace weft {
namespace {

namespace pb = weft::peer::v1;

constexpr uint64_t record_overhead_bytes = 512; // of a meta or header and its framing, at the most common

failure wrong(std::string what) {
  return {errc::invalid_argument, "a peer's records " + std::move(what)};
}

failure unreadable(const failure& why) {
  return wrong("cannot be read: " + why.message);
}

void write_key(job_id from, pb::JobKey& to) {
  to.set_high(from.high);
  to.set_low(from.low);
}

job_id read_key(const pb::JobKey& from) {
  return {.high = from.high(), .low = from.low()};
}

void write_record(const segment_record& from, pb::SegmentRecord& to) {
  to.set_meta(encode(from.meta));
  to.set_body(*from.body);
}

result<segment_record> read_record(pb::SegmentRecord& from) {
  auto meta = decode_meta(from.meta());
  if (!meta)
    return unreadable(meta.error());
  auto body = std::make_shared<const std::string>(std::move(*from.mutable_body()));
  if (body->size() != meta->bytes || body_hash(*body) != meta->hash)
    return wrong("have other bytes than their hash says");
  return segment_record{.meta = *std::move(meta), .body = std::move(body)};
}

template <class List> status read_headers(const List& from, std::vector<job_header>& to) {
  to.reserve(static_cast<size_t>(from.size()));
  for (const auto& bytes : from) {
    auto header = decode_header(bytes);
    if (!header)
      return unreadable(header.error());
    to.push_back(*std::move(header));
  }
  return ok;
}

template <class List> status read_metas(const List& from, std::vector<segment_meta>& to) {
  to.reserve(static_cast<size_t>(from.size()));
  for (const auto& bytes : from) {
    auto meta = decode_meta(bytes);
    if (!meta)
      return unreadable(meta.error());
    to.push_back(*std::move(meta));
  }
  return ok;
}

template <class List> bool read_sums(const List& from, std::array<uint64_t, compare_buckets>& to) {
  if (static_cast<size_t>(from.size()) != to.size())
    return false;
  std::copy(from.begin(), from.end(), to.begin());
  return true;
}

} // namespace

uint64_t message_bytes(const job_header& header) {
  return record_overhead_bytes + header.spec.tenant.size() + header.spec.request_id.size() + header.spec.model.size() +
         header.spec.home_region.size();
}

uint64_t message_bytes(const segment_record& record) {
  return record_overhead_bytes + record.body->size();
}

void write_message(const keep_records& from, pb::KeepRecordsRequest& to) {
  for (const auto& header : from.headers)
    to.add_headers(encode(header));
  for (const auto& segment : from.segments)
    write_record(segment, *to.add_segments());
}

result<keep_records> read_message(pb::KeepRecordsRequest& from) {
  keep_records to;
  if (auto read = read_headers(from.headers(), to.headers); !read)
    return read.error();
  to.segments.reserve(static_cast<size_t>(from.segments_size()));
  for (auto& segment : *from.mutable_segments()) {
    auto record = read_record(segment);
    if (!record)
      return record.error();
    to.segments.push_back(*std::move(record));
  }
  return to;
}

void write_message(const fetch_segments& from, pb::FetchSegmentsRequest& to) {
  for (const auto& id : from.ids) {
    auto& key = *to.add_ids();
    write_key(id.job, *key.mutable_job());
    key.set_index(id.index);
  }
}

result<fetch_segments> read_message(pb::FetchSegmentsRequest& from) {
  if (from.ids_size() > static_cast<int>(segments_asked_max))
    return wrong("are asked for by " + std::to_string(from.ids_size()) + " ids, more than " +
                 std::to_string(segments_asked_max));
  fetch_segments to;
  for (const auto& id : from.ids())
    to.ids.push_back({.job = read_key(id.job()), .index = id.index()});
  return to;
}

void write_message(const survey_job& from, pb::SurveyJobRequest& to) {
  write_key(from.job, *to.mutable_job());
  to.set_first_segment(from.first_segment);
  to.set_segments_max(from.segments_max);
}

result<survey_job> read_message(pb::SurveyJobRequest& from) {
  return survey_job{.job = read_key(from.job()),
                    .first_segment = from.first_segment(),
                    .segments_max = std::clamp(from.segments_max(), 1U, segments_surveyed_max)};
}

void write_message(const compare_records& from, pb::CompareRecordsRequest& to) {
  to.set_from(static_cast<uint64_t>(from.from));
  to.set_view_hash(from.view_hash);
  to.mutable_header_sums()->Assign(from.header_sums.begin(), from.header_sums.end());
  to.mutable_segment_sums()->Assign(from.segment_sums.begin(), from.segment_sums.end());
}

result<compare_records> read_message(pb::CompareRecordsRequest& from) {
  compare_records to;
  to.from = static_cast<node_id>(from.from());
  to.view_hash = from.view_hash();
  if (!read_sums(from.header_sums(), to.header_sums) || !read_sums(from.segment_sums(), to.segment_sums))
    return wrong("are compared by another number of sums than " + std::to_string(compare_buckets));
  return to;
}

void write_message(const try_texts& from, pb::TryTextsRequest& to) {
  to.set_work(encode(from.work));
}

result<try_texts> read_message(pb::TryTextsRequest& from) {
  auto work = decode_texts(from.work());
  if (!work)
    return unreadable(work.error());
  return try_texts{*std::move(work)};
}

void write_message(const records_kept&, pb::KeepRecordsResponse&) {}

result<records_kept> read_message(pb::KeepRecordsResponse&) {
  return records_kept{};
}

void write_message(const segments_fetched& from, pb::FetchSegmentsResponse& to) {
  uint64_t bytes = 0;
  for (const auto& record : from.segments) {
    bytes += record ? message_bytes(*record) : 0;
    if (bytes > job_message_bytes_max && to.segments_size() > 0)
      return;
    auto& found = *to.add_segments();
    if (record)
      write_record(*record, *found.mutable_record());
  }
}

result<segments_fetched> read_message(pb::FetchSegmentsResponse& from) {
  segments_fetched to;
  to.segments.resize(static_cast<size_t>(from.segments_size()));
  for (int i = 0; i < from.segments_size(); ++i) {
    auto& found = *from.mutable_segments(i);
    if (!found.has_record())
      continue;
    if (auto record = read_record(*found.mutable_record()))
      to.segments[static_cast<size_t>(i)] = *std::move(record);
  }
  return to;
}

void write_message(const job_surveyed& from, pb::SurveyJobResponse& to) {
  if (from.header)
    to.set_header(encode(*from.header));
  for (const auto& meta : from.segments)
    to.add_segments(encode(meta));
  if (from.next)
    to.set_next(*from.next);
}

result<job_surveyed> read_message(pb::SurveyJobResponse& from) {
  job_surveyed to;
  if (from.has_header()) {
    auto header = decode_header(from.header());
    if (!header)
      return unreadable(header.error());
    to.header = *std::move(header);
  }
  if (auto read = read_metas(from.segments(), to.segments); !read)
    return read.error();
  if (from.has_next())
    to.next = from.next();
  return to;
}

void write_message(const records_compared& from, pb::CompareRecordsResponse& to) {
  to.set_same_view(from.same_view);
  to.mutable_header_buckets()->Assign(from.header_buckets.begin(), from.header_buckets.end());
  to.mutable_segment_buckets()->Assign(from.segment_buckets.begin(), from.segment_buckets.end());
  for (const auto& header : from.headers)
    to.add_headers(encode(header));
  for (const auto& meta : from.segments)
    to.add_segments(encode(meta));
}

result<records_compared> read_message(pb::CompareRecordsResponse& from) {
  records_compared to;
  to.same_view = from.same_view();
  for (const auto* buckets : {&from.header_buckets(), &from.segment_buckets()})
    if (std::any_of(buckets->begin(), buckets->end(), [](uint32_t bucket) { return bucket >= compare_buckets; }))
      return wrong("are in a bucket that there is not");
  to.header_buckets.assign(from.header_buckets().begin(), from.header_buckets().end());
  to.segment_buckets.assign(from.segment_buckets().begin(), from.segment_buckets().end());
  if (auto read = read_headers(from.headers(), to.headers); !read)
    return read.error();
  if (auto read = read_metas(from.segments(), to.segments); !read)
    return read.error();
  return to;
}

void write_message(const texts_tried& from, pb::TryTextsResponse& to) {
  to.set_results(encode(from.results));
}

result<texts_tried> read_message(pb::TryTextsResponse& from) {
  auto results = decode_results(from.results());
  if (!results)
    return unreadable(results.error());
  return texts_tried{*std::move(results)};
}

void write_message(const corpus_exchange& from, pb::CorpusExchangeRequest& to) {
  to.set_order(from.bytes);
}

result<corpus_exchange> read_message(pb::CorpusExchangeRequest& from) {
  return corpus_exchange{std::move(*from.mutable_order())};
}

void write_message(const corpus_search& from, pb::CorpusSearchRequest& to) {
  to.set_search(from.bytes);
}

result<corpus_search> read_message(pb::CorpusSearchRequest& from) {
  return corpus_search{std::move(*from.mutable_search())};
}

void write_message(const corpus_exchanged& from, pb::CorpusExchangeResponse& to) {
  to.set_report(from.bytes);
}

result<corpus_exchanged> read_message(pb::CorpusExchangeResponse& from) {
  return corpus_exchanged{std::move(*from.mutable_report())};
}

void write_message(const corpus_searched& from, pb::CorpusSearchResponse& to) {
  to.set_hits(from.bytes);
}

result<corpus_searched> read_message(pb::CorpusSearchResponse& from) {
  return corpus_searched{std::move(*from.mutable_hits())};
}

} // namespace weft
