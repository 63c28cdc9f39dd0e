#pragma once

#include "runtime/base/result.hpp"
#include "runtime/corpus/corpus_shard.hpp"
#include "runtime/corpus_job/item_gaps.hpp"
#include "runtime/corpus_job/rank_plan.hpp"
#include "runtime/job/job_segment.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace weft {

/// The vectors of one segment of a job, in memory. Immutable; threads share it.
struct corpus_segment {
  uint32_t segment = 0;
  uint64_t hash = 0; ///< of the results that it was read from
  uint32_t items = 0;
  uint32_t dimensions = 0;
  /// [items, dimensions] from first_value on; other segments may have their rows in the same vector. Not null.
  std::shared_ptr<const std::vector<float>> values;
  size_t first_value = 0;
  std::vector<uint32_t> tokens; ///< [items]: as the model read them, with [CLS] and [SEP]
  std::vector<item_run> gaps;   ///< items of the job that failed to embed
  std::string model_version;
  numeric_class precision = numeric_class::fp32;

  std::span<const float> rows() const noexcept {
    return std::span(*values).subspan(first_value, size_t{items} * dimensions);
  }
};
using corpus_segment_ptr = std::shared_ptr<const corpus_segment>;

/// The vectors of the items that have one. Takes as long as copying them; throws std::bad_alloc.
/// errc::state_damaged: the record is not the results that `wanted` names, or not what it says.
result<corpus_segment_ptr> read_corpus_segment(const segment_record& record, const planned_segment& wanted);

/// A segment with its place in a corpus: the numbers of its items begin at place.first_number.
struct placed_segment {
  planned_segment place;
  corpus_segment_ptr vectors; ///< not null
};

/// A copy of all rows, by the number of the item. REQUIRES: ascending, one number of dimensions.
corpus_rows join_rows(std::span<const placed_segment> share);

/// The same as points of the corpus's scale, with the rows: what searches look at. REQUIRES: as above,
/// not empty; is_scale(scale_exponent).
corpus_shard make_search_shard(std::span<const placed_segment> share, int32_t scale_exponent);

/// Whether 2^exponent is a scale that points can have.
constexpr bool is_scale(int32_t exponent) noexcept {
  return exponent >= -126 && exponent <= 127;
}

} // namespace weft
