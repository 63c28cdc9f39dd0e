#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/job_header.hpp"
#include "runtime/job/job_segment.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace weft {

/// What nodes ask each other about jobs. Each has its answer below.

/// Keep these. Answered when they are synced, or are known in a better form already.
struct keep_records {
  std::vector<job_header> headers;
  std::vector<segment_record> segments;
};

/// Give me these segments.
struct fetch_segments {
  std::vector<segment_id> ids;
};

/// What do you keep of this job, from a segment on?
struct survey_job {
  job_id job;
  uint32_t first_segment = 0;
  uint32_t segments_max = 4'096; ///< of one answer
};

/// Compares what both nodes should keep, in buckets: the asker's sums of all headers, and of the segments that both
/// nodes own.
inline constexpr size_t compare_buckets = 256;
struct compare_records {
  node_id from{};         ///< who asks
  uint64_t view_hash = 0; ///< of the members that the asker places with; 0: headers only
  std::array<uint64_t, compare_buckets> header_sums{};
  std::array<uint64_t, compare_buckets> segment_sums{};
};

/// Run these texts and say what came of each: an item failed on the asker.
struct try_texts {
  segment_texts work;
};

/// What the coordinator of a corpus job says to a node: an order, encoded (runtime/corpus_job/message_codec.hpp).
struct corpus_exchange {
  std::string bytes;
};

/// Search your share of a corpus: encoded (runtime/corpus_job/search_codec.hpp).
struct corpus_search {
  std::string bytes;
};

using job_request =
    std::variant<keep_records, fetch_segments, survey_job, compare_records, try_texts, corpus_exchange, corpus_search>;

struct records_kept {};

struct segments_fetched {
  std::vector<std::optional<segment_record>> segments; ///< one an id; fewer when the answer became large
};

struct job_surveyed {
  std::optional<job_header> header;
  std::vector<segment_meta> segments; ///< ascending
  std::optional<uint32_t> next;       ///< where to go on; empty: that was all
};

/// What the answering node has in the buckets that differ. A large answer leaves buckets out: compare again.
struct records_compared {
  bool same_view = false; ///< false: nothing of segments, compare again later
  std::vector<uint32_t> header_buckets;
  std::vector<uint32_t> segment_buckets;
  std::vector<job_header> headers;
  std::vector<segment_meta> segments;
};

struct texts_tried {
  segment_results results;
};

struct corpus_exchanged {
  std::string bytes; ///< the report
};

struct corpus_searched {
  std::string bytes; ///< the hits
};

using job_answer = std::variant<records_kept, segments_fetched, job_surveyed, records_compared, texts_tried,
                                corpus_exchanged, corpus_searched>;

} // namespace weft
