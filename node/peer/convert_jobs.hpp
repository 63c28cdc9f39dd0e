#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/job_request.hpp"
#include "weft/peer/v1/job.pb.h"

#include <cstdint>

// Where the questions and answers of weft.peer.v1.JobRecordService and the runtime's meet. All functions are pure and
// thread-safe. Records travel in the encoding that they have on disk. Reading takes the bytes out of the message, and
// fails with errc::invalid_argument: a record that cannot be read, or whose bytes are not those of its hash; too many.

namespace weft {

/// Of one message, unless a single record is larger: half of what a node takes.
inline constexpr uint64_t job_message_bytes_max = 16ULL << 20;
/// A record that is larger cannot travel: a node takes messages of 32 MiB.
inline constexpr uint64_t job_record_bytes_max = (32ULL << 20) - 65'536;
/// Ids of one question.
inline constexpr uint32_t segments_asked_max = 16'384;
/// Metas of one survey, whatever is asked for.
inline constexpr uint32_t segments_surveyed_max = 65'536;

/// What one record takes of a message.
uint64_t message_bytes(const job_header& header);
uint64_t message_bytes(const segment_record& record);

void write_message(const keep_records& from, peer::v1::KeepRecordsRequest& to);
void write_message(const fetch_segments& from, peer::v1::FetchSegmentsRequest& to);
void write_message(const survey_job& from, peer::v1::SurveyJobRequest& to);
void write_message(const compare_records& from, peer::v1::CompareRecordsRequest& to);
void write_message(const try_texts& from, peer::v1::TryTextsRequest& to);
void write_message(const corpus_exchange& from, peer::v1::CorpusExchangeRequest& to);
void write_message(const corpus_search& from, peer::v1::CorpusSearchRequest& to);

result<keep_records> read_message(peer::v1::KeepRecordsRequest& from);
result<fetch_segments> read_message(peer::v1::FetchSegmentsRequest& from);
result<survey_job> read_message(peer::v1::SurveyJobRequest& from);
result<compare_records> read_message(peer::v1::CompareRecordsRequest& from);
result<try_texts> read_message(peer::v1::TryTextsRequest& from);
/// What is in these is read where it is understood.
result<corpus_exchange> read_message(peer::v1::CorpusExchangeRequest& from);
result<corpus_search> read_message(peer::v1::CorpusSearchRequest& from);

void write_message(const records_kept& from, peer::v1::KeepRecordsResponse& to);
/// Ends before job_message_bytes_max, but not before the first record.
void write_message(const segments_fetched& from, peer::v1::FetchSegmentsResponse& to);
void write_message(const job_surveyed& from, peer::v1::SurveyJobResponse& to);
void write_message(const records_compared& from, peer::v1::CompareRecordsResponse& to);
void write_message(const texts_tried& from, peer::v1::TryTextsResponse& to);
void write_message(const corpus_exchanged& from, peer::v1::CorpusExchangeResponse& to);
void write_message(const corpus_searched& from, peer::v1::CorpusSearchResponse& to);

result<records_kept> read_message(peer::v1::KeepRecordsResponse& from);
/// A record that cannot be read is as if it were not there: another node has it.
result<segments_fetched> read_message(peer::v1::FetchSegmentsResponse& from);
result<job_surveyed> read_message(peer::v1::SurveyJobResponse& from);
result<records_compared> read_message(peer::v1::CompareRecordsResponse& from);
result<texts_tried> read_message(peer::v1::TryTextsResponse& from);
result<corpus_exchanged> read_message(peer::v1::CorpusExchangeResponse& from);
result<corpus_searched> read_message(peer::v1::CorpusSearchResponse& from);

} // namespace weft
