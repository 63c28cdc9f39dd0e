#pragma once

#include "runtime/base/result.hpp"
#include "runtime/corpus/shard_search.hpp"
#include "runtime/corpus_job/rank_plan.hpp"
#include "runtime/job/job_id.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// A search of one node's share of a corpus, whole enough to load the share first.
struct corpus_share_search {
  job_id job;
  int32_t scale_exponent = 0; ///< corpus_facts of the whole corpus
  uint64_t roster = 0;        ///< rank_plan of the whole corpus
  uint64_t items = 0;         ///< likewise
  uint64_t job_items = 0;     ///< with those that failed
  std::vector<planned_segment> share;
  std::vector<float> queries; ///< [queries, dimensions]
  search_options options;
};

using share_hits = std::vector<std::vector<search_hit>>; ///< [queries]

/// Hits of one answer, over all queries: 12 bytes each.
inline constexpr uint32_t share_hits_max = 1 << 20;

/// Their bytes: a version, fields in a fixed order, little-endian. What is read may be anything:
/// errc::invalid_argument unless encode() would have written it; memory is bounded by the bytes that are there.
std::string encode(const corpus_share_search& search);
std::string encode(const share_hits& hits);
result<corpus_share_search> decode_share_search(std::string_view bytes);
result<share_hits> decode_share_hits(std::string_view bytes);

} // namespace weft
